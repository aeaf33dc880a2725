//! Who a request comes from: with an id it may hold the lease of a machine, like a socket of the same id.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use hearth_actors::model::command::Actor;
use hearth_actors::model::ids::ClientId;

use crate::http::problem::Problem;

/// Header with the id of a client, the same as `client_id` of its socket.
pub const CLIENT_ID: &str = "X-Client-Id";
/// Header with the name of a client, shown to others as who controls the machine.
pub const CLIENT_NAME: &str = "X-Client-Name";

const NAME_CHARS_MAX: usize = 64;
/// What a client without a name is called. Source: wire contract, `control_ack.by`.
const UNNAMED: &str = "rest";

/// Who a request comes from.
#[derive(Debug, Default)]
pub struct Caller(Option<(ClientId, String)>);

impl Caller {
    /// As the giver of orders.
    pub fn actor(&self) -> Actor {
        match &self.0 {
            Some((id, name)) => Actor::Client { id: id.clone(), name: name.clone() },
            None => Actor::Rest,
        }
    }

    /// As the one who looks.
    pub fn client(&self) -> Option<&ClientId> {
        self.0.as_ref().map(|(id, _)| id)
    }
}

/// Reads who a request comes from.
///
/// # Errors
/// When it has an id that cannot be one.
pub fn caller(request: &HttpRequest) -> Result<Caller, Problem> {
    let Some(id) = request.headers().get(CLIENT_ID) else { return Ok(Caller(None)) };
    let unfit = |why: String| Problem::new(StatusCode::BAD_REQUEST, "MALFORMED", format!("{CLIENT_ID}: {why}"));
    let id = id.to_str().map_err(|error| unfit(error.to_string()))?;
    let id = ClientId::parse(id).map_err(|bad| unfit(bad.to_string()))?;
    let name = request.headers().get(CLIENT_NAME).and_then(|name| std::str::from_utf8(name.as_bytes()).ok());
    let name = name.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(UNNAMED);
    Ok(Caller(Some((id, name.chars().take(NAME_CHARS_MAX).collect()))))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn without_an_id_it_is_rest_and_nobody_in_particular() {
        let caller = caller(&TestRequest::default().insert_header((CLIENT_NAME, "x")).to_http_request()).unwrap();
        assert_eq!((caller.actor(), caller.client()), (Actor::Rest, None));
    }

    #[test]
    fn an_id_makes_a_client_with_or_without_a_name() {
        for (name, shown) in [("  kitchen ", "kitchen"), ("", "rest")] {
            let request = TestRequest::default().insert_header((CLIENT_ID, "c-1")).insert_header((CLIENT_NAME, name));
            let id = ClientId::parse("c-1").unwrap();
            assert_eq!(caller(&request.to_http_request()).unwrap().actor(), Actor::Client { id, name: shown.into() });
        }
    }

    #[test]
    fn an_id_that_cannot_be_one_is_refused() {
        for bad in ["", "a b", "x/y"] {
            let request = TestRequest::default().insert_header((CLIENT_ID, bad)).to_http_request();
            assert_eq!(caller(&request).unwrap_err().status(), StatusCode::BAD_REQUEST, "{bad}");
        }
    }
}
