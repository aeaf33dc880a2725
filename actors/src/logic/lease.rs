//! The lease: who may steer a machine. One holder at a time; everybody else reads, acknowledges and stops.
//!
//! ```text
//!          first order, acquire                     last socket gone
//!   free -----------------------> held by a client ------------------> running out
//!    ^                              |  ^   |   ^                          |    |
//!    |    release, or the socket    |  |   |   +------ it comes back -----+    |
//!    +---- of a passing client -----+  |   +-- take: given, or 10 s of silence |
//!    |                                 +-------- (to who asked) ---------------+
//!    +----------------------------- after 30 s --------------------------------+
//! ```
//! Every change of hands to somebody raises the epoch. An order carries the epoch it was admitted under and is worthless under
//! a later one.

use std::collections::BTreeMap;

use super::replay::Controls;
use crate::model::command::{Actor, Claimant, LeaseAction, Principal, ReplayAction, UserRole, Want};
use crate::model::ids::ClientId;
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::time::MonoMs;

/// How long a holder without a socket keeps the lease. Source: safety design, "Lease". Unit: ms.
pub const GRACE_MS: u64 = 30_000;
/// How long a holder has to answer who asks for the lease; silence grants it. Source: safety design, "Lease". Unit: ms.
pub const ANSWER_MS: u64 = 10_000;

/// How often the lease was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Epoch(pub u64);

/// What entitles an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mandate {
    /// The house itself, or something nobody needs the lease for.
    House,
    /// The lease as it stood in this epoch.
    Under(Epoch),
}

impl Mandate {
    /// Whether it still entitles in the present epoch.
    pub fn holds(self, present: Epoch) -> bool {
        match self {
            Self::House => true,
            Self::Under(epoch) => epoch == present,
        }
    }
}

/// Whether something wanted needs the lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody may.
    Nothing,
    /// Only who steers.
    Control,
}

/// What something wanted needs, while a replay with these `controls` runs. One table, without wildcards.
pub fn need(want: &Want, replay: Option<Controls>) -> Need {
    match want {
        Want::Control { .. } | Want::Session(_) | Want::Mark { .. } | Want::Unmark { .. } | Want::Rearm => {
            Need::Control
        }
        Want::Replay(ReplayAction::Start { apply_controls: true, .. }) => Need::Control,
        Want::Replay(
            ReplayAction::Start { apply_controls: false, .. }
            | ReplayAction::Pause
            | ReplayAction::Resume
            | ReplayAction::Stop
            | ReplayAction::Seek { .. },
        ) => match replay {
            Some(Controls::Applied) => Need::Control,
            Some(Controls::Shown) | None => Need::Nothing,
        },
        // Silencing an alarm is for whoever stands next to it; the link is wiring, not steering.
        Want::Stop
        | Want::AckAlarm { .. }
        | Want::ShelveAlarm { .. }
        | Want::Lease(_)
        | Want::Connect
        | Want::Disconnect => Need::Nothing,
    }
}

/// Whether a client's id outlives its socket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Identity {
    /// It brought its own, and may come back with it.
    Kept,
    /// It was given one for the life of its socket.
    Passing,
}

/// What happens to the lease.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// A socket of a client opened.
    Came {
        /// Which client.
        client: &'a Claimant,
        /// What it is called.
        name: &'a str,
        /// Whether it may come back.
        identity: Identity,
    },
    /// A socket of a client is gone.
    Left {
        /// Which client.
        client: &'a Claimant,
    },
    /// Somebody gives an order that has a need.
    Order(&'a Principal, Need),
    /// Somebody steers the lease itself.
    Asks(&'a Principal, &'a LeaseAction),
    /// Nothing but time.
    TimePasses,
}

/// What the input meant for who gave it.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Go on, with this to show.
    Passed(Mandate),
    /// The holder was asked; [`Effect::Answered`] follows.
    Waits,
    /// No.
    Refused(Refusal),
}

/// What everybody else has to be told.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Holder or expiry changed: [`LeaseBook::holder`].
    Changed,
    /// What the holder is asked changed: [`LeaseBook::request`].
    Requested,
    /// Who asked has an answer.
    Answered {
        /// Who.
        client: Claimant,
        /// The holder's answer, or that of time.
        answer: Result<(), Refusal>,
    },
}

/// Who steers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Which client.
    pub claimant: Claimant,
    /// What it is called.
    pub name: String,
    /// When its lease runs out; `None` while it has a socket.
    pub until: Option<MonoMs>,
}

/// Somebody who asks the holder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Which client.
    pub by: Claimant,
    /// What it is called.
    pub name: String,
    /// When silence grants it.
    pub until: MonoMs,
}

#[derive(Debug, Clone)]
struct Presence {
    sockets: u32,
    name: String,
    identity: Identity,
}

/// The lease of one machine.
#[derive(Debug, Clone, Default)]
pub struct LeaseBook {
    epoch: Epoch,
    holder: Option<Holder>,
    /// Only while somebody else holds the lease.
    request: Option<Request>,
    present: BTreeMap<Claimant, Presence>,
}

impl LeaseBook {
    /// The present epoch.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Who steers; `None` while everybody may.
    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_ref()
    }

    /// Who asks the holder.
    pub fn request(&self) -> Option<&Request> {
        self.request.as_ref()
    }

    /// When time alone changes something.
    pub fn due(&self) -> Option<MonoMs> {
        let lapse = self.holder.as_ref().and_then(|holder| holder.until);
        let answer = self.request.as_ref().map(|request| request.until);
        lapse.into_iter().chain(answer).min()
    }

    /// Takes an input at a moment.
    pub fn step(&mut self, now: MonoMs, input: Input<'_>) -> (Verdict, Vec<Effect>) {
        let mut effects = Vec::new();
        if self.due().is_some_and(|due| due <= now) {
            self.vacate(now, &mut effects);
        }
        let verdict = match input {
            Input::Came { client, name, identity } => self.came(client, name, identity, &mut effects),
            Input::Left { client } => self.left(client, now, &mut effects),
            Input::Order(_, Need::Nothing) => Verdict::Passed(Mandate::House),
            Input::Order(principal, Need::Control) => self.order(principal, now, &mut effects),
            Input::Asks(principal, action) => self.asks(principal, action, now, &mut effects),
            Input::TimePasses => Verdict::Passed(Mandate::House),
        };
        (verdict, effects)
    }

    fn came(&mut self, client: &Claimant, name: &str, identity: Identity, effects: &mut Vec<Effect>) -> Verdict {
        let here = self.present.entry(client.clone()).or_insert_with(|| Presence {
            sockets: 0,
            name: String::new(),
            identity,
        });
        here.sockets += 1;
        here.name = name.to_owned();
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.claimant == *client)
            && holder.until.take().is_some()
        {
            effects.push(Effect::Changed);
        }
        Verdict::Passed(Mandate::House)
    }

    fn left(&mut self, client: &Claimant, now: MonoMs, effects: &mut Vec<Effect>) -> Verdict {
        let passed = Verdict::Passed(Mandate::House);
        let Some(here) = self.present.get_mut(client) else { return passed };
        here.sockets -= 1;
        if here.sockets > 0 {
            return passed;
        }
        let identity = here.identity;
        self.present.remove(client);
        if self.asked_by(client) {
            let gone = Refusal::new(RefusalCode::SessionLocked, "the client that asked for control is gone");
            self.turn_down(gone, effects);
        }
        match (&mut self.holder, identity) {
            (Some(holder), Identity::Kept) if holder.claimant == *client => {
                holder.until = Some(now + GRACE_MS);
                effects.push(Effect::Changed);
            }
            (Some(holder), Identity::Passing) if holder.claimant == *client => self.vacate(now, effects),
            (Some(_) | None, Identity::Kept | Identity::Passing) => {}
        }
        passed
    }

    fn order(&mut self, principal: &Principal, now: MonoMs, effects: &mut Vec<Effect>) -> Verdict {
        let name = match &principal.actor {
            Actor::Client { name, .. } => name,
            Actor::Rest | Actor::Task { .. } => return self.guest(principal),
            Actor::Replay | Actor::Interlock | Actor::Alarm(_) | Actor::Failsafe => {
                return Verdict::Passed(Mandate::House);
            }
        };
        let Some(client) = principal.claimant() else { return self.guest(principal) };
        match &mut self.holder {
            None => self.give(client, name, now, effects),
            Some(holder) if holder.claimant != client => return Verdict::Refused(locked(holder)),
            Some(holder) => {
                // Without a socket every order is the sign of life.
                if let Some(until) = &mut holder.until {
                    *until = now + GRACE_MS;
                    effects.push(Effect::Changed);
                }
            }
        }
        Verdict::Passed(Mandate::Under(self.epoch))
    }

    /// An order of somebody who never takes the lease: good while nobody holds it, or the client in whose name it comes.
    fn guest(&self, principal: &Principal) -> Verdict {
        match &self.holder {
            Some(holder) if principal.claimant().as_ref() != Some(&holder.claimant) => Verdict::Refused(locked(holder)),
            Some(_) | None => Verdict::Passed(Mandate::Under(self.epoch)),
        }
    }

    fn asks(&mut self, principal: &Principal, action: &LeaseAction, now: MonoMs, effects: &mut Vec<Effect>) -> Verdict {
        let (Actor::Client { name, .. }, Some(client)) = (&principal.actor, principal.claimant()) else {
            let words = "control of a machine is given to a client that says who it is: send X-Client-Id";
            return Verdict::Refused(Refusal::new(RefusalCode::InvalidMessage, words));
        };
        match action {
            LeaseAction::Acquire => self.order(principal, now, effects),
            LeaseAction::Release => self.release(&client, now, effects),
            LeaseAction::Take => self.take(client, name, principal.role, now, effects),
            LeaseAction::Answer { client: asker, grant } => self.answer(&client, asker, *grant, now, effects),
        }
    }

    fn release(&mut self, client: &Claimant, now: MonoMs, effects: &mut Vec<Effect>) -> Verdict {
        if self.asked_by(client) {
            let words = "the request for control was withdrawn";
            self.turn_down(Refusal::new(RefusalCode::SessionLocked, words), effects);
            return Verdict::Passed(Mandate::House);
        }
        match &self.holder {
            Some(holder) if holder.claimant != *client => return Verdict::Refused(locked(holder)),
            Some(_) => self.vacate(now, effects),
            None => {}
        }
        Verdict::Passed(Mandate::House)
    }

    fn take(
        &mut self,
        client: Claimant,
        name: &str,
        role: UserRole,
        now: MonoMs,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        let mine = self.holder.as_ref().is_some_and(|holder| holder.claimant == client);
        if self.holder.is_some() && !mine && role < UserRole::Admin {
            return self.ask(client, name, now, effects);
        }
        if !mine {
            let words = "somebody who may took control at once";
            self.turn_down(Refusal::new(RefusalCode::SessionLocked, words), effects);
            self.give(client, name, now, effects);
        }
        Verdict::Passed(Mandate::Under(self.epoch))
    }

    fn ask(&mut self, client: Claimant, name: &str, now: MonoMs, effects: &mut Vec<Effect>) -> Verdict {
        match &self.request {
            Some(request) if request.by != client => {
                let seconds = request.until.since(now).div_ceil(1000);
                let words = format!("{} asks for control already: try again in {seconds} s", request.name);
                return Verdict::Refused(Refusal::new(RefusalCode::SessionLocked, words));
            }
            Some(_) => {}
            None => {
                let name = self.known_as(&client, name);
                self.request = Some(Request { by: client, name, until: now + ANSWER_MS });
                effects.push(Effect::Requested);
            }
        }
        Verdict::Waits
    }

    fn answer(
        &mut self,
        client: &Claimant,
        asker: &ClientId,
        grant: bool,
        now: MonoMs,
        effects: &mut Vec<Effect>,
    ) -> Verdict {
        if let Some(holder) = self.holder.as_ref().filter(|holder| holder.claimant != *client) {
            return Verdict::Refused(locked(holder));
        }
        if self.request.as_ref().is_none_or(|request| request.by.client != *asker) {
            let words = "this client does not ask for control, or not any more";
            return Verdict::Refused(Refusal::new(RefusalCode::InvalidMessage, words));
        }
        if grant {
            self.vacate(now, effects);
        } else {
            let holder = self.holder.as_ref().map_or("", |holder| &holder.name);
            let words = format!("{holder} keeps control of this machine");
            self.turn_down(Refusal::new(RefusalCode::SessionLocked, words), effects);
        }
        Verdict::Passed(Mandate::House)
    }

    /// The holder goes: to who asked, or to nobody.
    fn vacate(&mut self, now: MonoMs, effects: &mut Vec<Effect>) {
        self.holder = None;
        let Some(Request { by, name, .. }) = self.request.take() else { return effects.push(Effect::Changed) };
        effects.push(Effect::Requested);
        self.give(by.clone(), &name, now, effects);
        effects.push(Effect::Answered { client: by, answer: Ok(()) });
    }

    fn turn_down(&mut self, refusal: Refusal, effects: &mut Vec<Effect>) {
        if let Some(Request { by, .. }) = self.request.take() {
            effects.push(Effect::Requested);
            effects.push(Effect::Answered { client: by, answer: Err(refusal) });
        }
    }

    fn give(&mut self, client: Claimant, name: &str, now: MonoMs, effects: &mut Vec<Effect>) {
        self.epoch = Epoch(self.epoch.0 + 1);
        let until = (!self.present.contains_key(&client)).then(|| now + GRACE_MS);
        let name = self.known_as(&client, name);
        self.holder = Some(Holder { claimant: client, name, until });
        effects.push(Effect::Changed);
    }

    /// A client is called what its socket said, wherever its order came from.
    fn known_as(&self, client: &Claimant, name: &str) -> String {
        self.present.get(client).map_or(name, |here| &here.name).to_owned()
    }

    fn asked_by(&self, client: &Claimant) -> bool {
        self.request.as_ref().is_some_and(|request| request.by == *client)
    }
}

fn locked(holder: &Holder) -> Refusal {
    let words = format!("{} controls this machine: ask for control, or wait until it is given back", holder.name);
    Refusal::new(RefusalCode::SessionLocked, words)
}

#[cfg(test)]
mod tests;
