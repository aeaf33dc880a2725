//! A socket that says what it hears, behind the daemon's own door, session actor and upgrade: what `tests/python/autobahn`
//! holds against RFC 6455.
//!
//! ```sh
//! cargo run --example echo        # prints `echo on ws://127.0.0.1:PORT/echo`
//! ```

use std::io::Write;
use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, Payload, ThinData};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use hearth::config::Config;
use hearth::daemon::Daemon;
use hearth::http::door::{Length, Rule, admit};
use hearth::http::perimeter;
use hearth::http::seen::Seen;
use hearth::http::state::AppState;
use hearth::http::websocket::entrances::nobody_in_particular;
use hearth::http::websocket::{Feeds, Visit, Watches, host, welcome};
use hearth_actors::dialect::{Ask, Dialect, DialectId, Encoded, Frame, Intent, Unasked, Viewer};
use hearth_actors::model::action::Action;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::event::Event;
use hearth_actors::model::refusal::Refusal;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::model::time::WallMs;

/// The last number there is: the daemon's own dialects count from 0.
const ECHO: DialectId = DialectId::new(7);
/// Longest message that is said back. Unit: bytes.
const MESSAGE_BYTES: usize = 1 << 20;
/// Messages in a second and at once: a suite sends as fast as it can.
const PACE: (u32, u32) = (1_000_000, 1_000_000);

/// Says what it hears.
struct Echo;

impl Dialect for Echo {
    fn id(&self) -> DialectId {
        ECHO
    }

    fn unasked(&self) -> Unasked {
        Unasked::Nothing
    }

    fn greet(&mut self, _: &[Snapshot], _: &Viewer, _: WallMs) -> Vec<Frame> {
        Vec::new()
    }

    fn decode(&self, text: &str, _: WallMs) -> Result<Intent, Refusal> {
        Ok(Intent { request_id: None, ask: Ask::Answered(vec![text.into()]) })
    }

    fn encode(&mut self, _: &Event, _: &ChannelTable, _: &Viewer) -> Encoded {
        Encoded::Silent
    }

    fn refuse(&self, _: &Refusal, _: WallMs) -> Vec<Frame> {
        Vec::new()
    }
}

async fn echo(
    request: HttpRequest,
    body: Payload,
    state: Data<AppState>,
    feeds: ThinData<Feeds>,
) -> Result<HttpResponse, actix_web::Error> {
    let guest = welcome(&request, &state)?;
    let limits = Arc::clone(&state.limits);
    let visit = move |_: &Seen| {
        let visit = Visit::new(Echo, nobody_in_particular("echo"), &limits);
        Ok(Visit { watches: Watches::Nothing, frame_bytes: MESSAGE_BYTES, pace: PACE, ..visit })
    };
    Ok(host(guest, body, &state, &feeds, ECHO, visit))
}

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let mut config = Config::default();
    config.server.listen.set_port(0);
    config.storage.path = std::env::temp_dir().join(format!("hearth-echo-{}", std::process::id()));
    let data = config.storage.path.clone();
    let daemon = Daemon::start(config).await?;
    let state = daemon.state().clone();
    let rule = Rule { action: Action::Follow, length: Length::Socket };
    let server = HttpServer::new(move || {
        App::new()
            .app_data(Data::new(state.clone()))
            .app_data(ThinData(Feeds::default()))
            .wrap(from_fn(perimeter::guard))
            .route("/echo", web::get().to(echo).wrap(from_fn(move |request, next| admit(rule, request, next))))
    });
    let server = server.workers(1).bind(("127.0.0.1", 0))?;
    let address = server.addrs()[0];
    writeln!(std::io::stdout(), "echo on ws://{address}/echo")?;
    server.run().await?;
    std::fs::remove_dir_all(data)?;
    Ok(())
}
