//! Operations on who is let in, and on what they did.

use actix_web::http::Method;
use actix_web::web;
use hearth_actors::model::action::Action;
use serde_json::{Value, json};

use crate::http::operation::{Operation, Parameter, Presence, Shape, Tag};
use crate::http::rest::audit::{self, DeedView};
use crate::http::rest::clients::{self, ClientView};
use crate::http::rest::login::{self, FirstAdmin, Me, NewPassword};
use crate::http::rest::tokens::{self, GivenToken, NewToken, TokenView};
use crate::http::rest::users::{self, ChangedUser, NewUser, UserView};
use crate::http::sign_in::Credentials;

const COOKIE: &str = "The secret of the session, as the cookie `hearth_session` (`__Host-hearth_session` behind https), which no page \
    can read.";
const WRONG: &str = "No such user, or another password.";
pub(super) const TOKEN_STAYS: &str = "It carries a token, which does not end so: an admin revokes it.";
const TOO_MANY: &str = "Five tries, then one in 30 s, for each address and each account.";

/// All of them.
pub fn operations() -> Vec<Operation> {
    [logins(), people(), programs(), connected(), vec![deeds()]].into_iter().flatten().collect()
}

fn logins() -> Vec<Operation> {
    let who = || Shape::written::<Me>();
    vec![
        Operation::new(Action::AskWhoIAm, Method::GET, "/api/auth/me", || web::get().to(login::me), "whoIsThere")
            .told(
                Tag::Access,
                "Who this is, and what a page may offer",
                "Answers everybody. `access` says by what one is let in: `local` on the daemon's own computer while nothing else \
                 reaches it, `open` where the configuration lets everybody in, `guest`, `user`, `token`, or `none`.",
            )
            .answers(200, "Who this is.", who(), me()),
        Operation::new(Action::LogIn, Method::POST, "/api/auth/login", || web::post().to(login::log_in), "logInHere")
            .told(Tag::Access, "Log in with a browser", "The session lasts until it was not used for a day.")
            .reads(Shape::read::<Credentials>(), Presence::Needed, vec![("anna", credentials())])
            .answers(200, "Logged in.", who(), me())
            .with_header("Set-Cookie", COOKIE)
            .refuses(401, "WRONG_PASSWORD", WRONG)
            .refuses(429, "RATE_LIMITED", TOO_MANY),
        Operation::new(Action::LogIn, Method::POST, "/api/auth/logout", || web::post().to(login::log_out), "logOutHere")
            .told(Tag::Access, "Log out", "Ends the session that the request carries, and its sockets within a second.")
            .refuses(409, "NO_SESSION", TOKEN_STAYS),
        Operation::new(Action::SetUp, Method::POST, "/api/auth/setup", || web::post().to(login::set_up), "setUp")
            .told(
                Tag::Access,
                "Become the first admin",
                "With the one-time token that the daemon prints when it starts, listens to other computers and has no admin. It is \
                 good for 15 minutes.",
            )
            .reads(
                Shape::read::<FirstAdmin>(),
                Presence::Needed,
                vec![(
                    "anna",
                    json!({
                        "token": "5f0c…", "email": "anna@roastery.example", "name": "Anna", "password": "first crack"
                    }),
                )],
            )
            .answers(200, "Logged in as an admin.", who(), me())
            .with_header("Set-Cookie", COOKIE)
            .refuses(403, "SETUP_OVER", "Another token, or too old, or there is an admin already.")
            .refuses(429, "RATE_LIMITED", TOO_MANY),
        Operation::new(
            Action::ChangePassword,
            Method::POST,
            "/api/auth/password",
            || web::post().to(login::change_password),
            "changePassword",
        )
        .told(Tag::Access, "Change one's password", "All other sessions of this user end.")
        .reads(
            Shape::read::<NewPassword>(),
            Presence::Needed,
            vec![("another", json!({ "old": "first crack", "new": "second crack" }))],
        )
        .answers(200, "Changed; the session goes on under another secret.", who(), me())
        .with_header("Set-Cookie", COOKIE)
        .refuses(401, "WRONG_PASSWORD", "The old password is another one.")
        .refuses(409, "NO_PASSWORD", "Nobody logged in with a password.")
        .refuses(409, "USER_FIXED", "The user stands in the configuration.")
        .refuses(429, "RATE_LIMITED", TOO_MANY),
    ]
}

fn people() -> Vec<Operation> {
    let one = || {
        Parameter::path("email", "How they log in.", json!({ "type": "string", "example": "anna@roastery.example" }))
    };
    vec![
        Operation::new(Action::ManageUsers, Method::GET, "/api/users", || web::get().to(users::list), "listUsers")
            .told(Tag::Access, "Who may log in", "Those of the configuration come first and are `fixed`.")
            .answers(200, "The users.", Shape::written::<Vec<UserView>>(), json!([user()])),
        Operation::new(Action::ManageUsers, Method::POST, "/api/users", || web::post().to(users::create), "createUser")
            .told(Tag::Access, "Let somebody log in", "")
            .reads(
                Shape::read::<NewUser>(),
                Presence::Needed,
                vec![(
                    "an operator of one machine",
                    json!({
                        "email": "otto@roastery.example", "name": "Otto", "role": "operator", "machines": ["machine-a"],
                        "password": "first crack"
                    }),
                )],
            )
            .answers(201, "The user.", Shape::written::<UserView>(), user())
            .with_header("Location", "Path of the new user.")
            .refuses(409, "USER_EXISTS", "Somebody logs in with this address already."),
        Operation::new(
            Action::ManageUsers,
            Method::PUT,
            "/api/users/{email}",
            || web::put().to(users::replace),
            "replaceUser",
        )
        .told(
            Tag::Access,
            "Change somebody",
            "Whoever may do something else from now on is disconnected within a second, and comes back with it.",
        )
        .takes(one())
        .reads(
            Shape::read::<ChangedUser>(),
            Presence::Needed,
            vec![("a viewer", json!({ "name": "Otto", "role": "viewer" }))],
        )
        .answers(200, "The user as they are now.", Shape::written::<UserView>(), user())
        .refuses(404, "USER_NOT_FOUND", "Nobody logs in with this address.")
        .refuses(409, "USER_FIXED", "They stand in the configuration.")
        .refuses(409, "LAST_ADMIN", "Nobody would be left to let others in."),
        Operation::new(
            Action::ManageUsers,
            Method::DELETE,
            "/api/users/{email}",
            || web::delete().to(users::remove),
            "deleteUser",
        )
        .told(Tag::Access, "Let somebody log in no more", "Their sessions end within a second.")
        .takes(one())
        .refuses(404, "USER_NOT_FOUND", "Nobody logs in with this address.")
        .refuses(409, "USER_FIXED", "They stand in the configuration.")
        .refuses(409, "LAST_ADMIN", "Nobody would be left to let others in."),
    ]
}

fn programs() -> Vec<Operation> {
    let id = json!({ "type": "string", "example": "9f86d081884c" });
    vec![
        Operation::new(Action::ManageTokens, Method::GET, "/api/tokens", || web::get().to(tokens::list), "listTokens")
            .told(Tag::Access, "Tokens of programs", "In the order in which they were given out.")
            .answers(200, "The tokens, without their secrets.", Shape::written::<Vec<TokenView>>(), json!([token()])),
        Operation::new(Action::ManageTokens, Method::POST, "/api/tokens", || web::post().to(tokens::create), "createToken")
            .told(
                Tag::Access,
                "Give out a token",
                "For `Authorization: Bearer`; on a socket also `?token=`, or `{\"type\": \"auth\", \"token\": …}` as its first frame.",
            )
            .reads(
                Shape::read::<NewToken>(),
                Presence::Needed,
                vec![("a controller", json!({ "name": "rig", "role": "controller", "machines": ["machine-a"] }))],
            )
            .answers(201, "The token; its secret is told only now.", Shape::written::<GivenToken>(), given()),
        Operation::new(
            Action::ManageTokens,
            Method::DELETE,
            "/api/tokens/{id}",
            || web::delete().to(tokens::revoke),
            "revokeToken",
        )
        .told(Tag::Access, "Revoke a token", "What is connected with it is disconnected within a second.")
        .takes(Parameter::path("id", "The token's id.", id))
        .refuses(404, "TOKEN_NOT_FOUND", "No token has this id."),
    ]
}

fn connected() -> Vec<Operation> {
    let id = json!({ "type": "integer", "minimum": 0, "example": 7 });
    vec![
        Operation::new(
            Action::ManageClients,
            Method::GET,
            "/api/clients",
            || web::get().to(clients::list),
            "listClients",
        )
        .told(Tag::Access, "Who is connected", "Open sockets and streams of events, in the order in which they came.")
        .answers(200, "The clients.", Shape::written::<Vec<ClientView>>(), json!([client()])),
        Operation::new(
            Action::ManageClients,
            Method::DELETE,
            "/api/clients/{id}",
            || web::delete().to(clients::dismiss),
            "dismissClient",
        )
        .told(
            Tag::Access,
            "Disconnect somebody",
            "They may come back: to keep them out, revoke their token or remove the user.",
        )
        .takes(Parameter::path("id", "The client's id.", id))
        .refuses(404, "CLIENT_NOT_FOUND", "Nobody is connected under this id."),
    ]
}

fn deeds() -> Operation {
    let text = || json!({ "type": "string" });
    Operation::new(Action::ReadAudit, Method::GET, "/api/audit", || web::get().to(audit::list), "listDeeds")
        .told(
            Tag::Access,
            "Who did what, newest first",
            "Orders of every dialect, changes over REST, logins and what was refused. What is refused at the door again and again \
             stands there once, and each quarter of an hour as a count. The oldest go when there are some hundred thousand.",
        )
        .takes(Parameter::query("before", "Only those before this `id`.", json!({ "type": "integer", "minimum": 1 })))
        .takes(Parameter::query(
            "limit",
            "At most so many.",
            json!({ "type": "integer", "minimum": 1, "maximum": 500, "default": 100 }),
        ))
        .takes(Parameter::query("machine", "Only those done to this machine.", text()))
        .takes(Parameter::query("who", "Only those of somebody whose name holds this.", text()))
        .answers(200, "The deeds.", Shape::written::<Vec<DeedView>>(), json!([deed()]))
}

fn credentials() -> Value {
    json!({ "email": "anna@roastery.example", "password": "first crack" })
}

fn me() -> Value {
    let user = json!({ "email": "anna@roastery.example", "name": "Anna", "role": "admin", "machines": null });
    json!({ "access": "user", "user": user, "setup_needed": false, "login_possible": true })
}

fn user() -> Value {
    json!({
        "email": "otto@roastery.example", "name": "Otto", "role": "operator", "machines": ["machine-a"], "fixed": false
    })
}

fn client() -> Value {
    json!({
        "id": 7, "who": "anna@roastery.example", "role": "admin", "address": "192.168.1.20", "name": "kitchen",
        "dialect": "openroast", "machine": "machine-a", "steers": ["machine-a"], "since": "2026-01-01T00:00:00Z",
    })
}

fn token() -> Value {
    json!({
        "id": "9f86d081884c", "name": "rig", "role": "controller", "machines": ["machine-a"],
        "created_at": "2026-01-01T00:00:00Z", "expires_at": null, "last_used": "2026-01-02T00:00:00Z",
    })
}

fn given() -> Value {
    let mut given = token();
    given["token"] = json!("hth_5f0c…");
    given["last_used"] = Value::Null;
    given
}

fn deed() -> Value {
    json!({
        "id": 42, "at": "2026-01-01T00:00:00Z", "who": "anna@roastery.example", "role": "operator",
        "address": "192.168.1.20", "machine": "machine-a", "action": "control", "request": null,
        "old": { "burner": 0.4 }, "new": { "burner": 0.5 }, "result": "done", "times": null, "lost": null,
    })
}
