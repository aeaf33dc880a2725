//! What whoever asks may see: the only way from a request, a socket or a stream to machines and to what is kept of them.

use std::future::{Ready, ready};
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use hearth_actors::model::command::Scope;
use hearth_actors::system::House;
use hearth_actors::system::view::View;

use super::door::granted;
use super::state::AppState;
use crate::dialects::bevforge::ledger::Ledger;

/// All machines and what is kept of them, whoever asks.
#[derive(Clone)]
pub struct Whole {
    house: House,
    ledger: Ledger,
}

/// The part of the house that somebody may see; a handler that takes it as an argument gets that of who sent the request. Cheap to
/// clone.
#[derive(Clone)]
pub struct Seen {
    view: View,
    ledger: Ledger,
}

impl Whole {
    /// All of a house.
    pub fn new(house: House) -> Self {
        let ledger = Ledger::new(house.roster());
        Self { house, ledger }
    }

    /// What somebody sees whose access is limited to these machines.
    pub fn seen_by(&self, scope: &Scope) -> Seen {
        Seen { view: self.house.seen_by(scope), ledger: self.ledger.seen_by(scope) }
    }

    /// All of it, for what is nobody's in particular. `tests/architecture.rs` counts the places below `http`.
    pub fn unscoped(&self) -> &House {
        &self.house
    }

    /// Has the ledger read on until the daemon ends.
    pub async fn keep(self) {
        self.ledger.keep().await;
    }
}

impl Seen {
    /// What became of commands and alarms lately.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }
}

impl Deref for Seen {
    type Target = View;

    fn deref(&self) -> &View {
        &self.view
    }
}

impl FromRequest for Seen {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match request.app_data::<Data<AppState>>() {
            Some(state) => Ok(state.house.seen_by(&scope(request))),
            None => Err(actix_web::error::ErrorInternalServerError("the daemon is not there")),
        })
    }
}

/// The machines of whoever sent a request; none where that is nobody.
fn scope(request: &HttpRequest) -> Scope {
    granted(request).bearer.map_or_else(|_| Scope::Only(Default::default()), |bearer| bearer.scope)
}
