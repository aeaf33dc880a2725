//! The lobby: everybody who has a socket or a stream of events open: for what is told to all of them, and to see who is there.
//!
//! A timer or a channel of its own in every session would be looked at with every frame that the session sends. The lobby
//! has one for all, and uses the mailbox that a session looks at anyway.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Message, Recipient};
use hearth_actors::dialect::DialectId;
use hearth_actors::model::command::UserRole;
use hearth_actors::model::ids::{ClientId, MachineId};
use hearth_actors::model::time::WallMs;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What all sockets are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Time to ask the peer for a sign of life.
    LookAlive,
    /// The daemon stops: say why and go.
    Stopping,
    /// An admin wants this one to go.
    Dismissed,
}

/// Who is there, and what for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// Who, by what let them in.
    pub who: String,
    /// What they may do.
    pub role: UserRole,
    /// From where.
    pub address: String,
    /// How they call themselves.
    pub name: String,
    /// By what leases know them.
    pub client: ClientId,
    /// What they speak.
    pub dialect: DialectId,
    /// The machine they follow, if it is one.
    pub machine: Option<MachineId>,
    /// Since when.
    pub since: WallMs,
}

impl Message for Notice {
    type Result = ();
}

/// Who is there. Cheap to clone.
#[derive(Clone, Default)]
pub struct Lobby {
    inner: Arc<Mutex<Inner>>,
    closing: CancellationToken,
}

#[derive(Default)]
struct Inner {
    next: u64,
    present: BTreeMap<u64, Present>,
}

struct Present {
    card: Card,
    ear: Ear,
}

/// How somebody is told.
enum Ear {
    Mailbox(Recipient<Notice>),
    /// Who has no mailbox hears of [`Lobby::closing`], and of this.
    Dismissal(CancellationToken),
}

/// Somebody's presence; leaves when dropped.
pub struct Presence {
    lobby: Lobby,
    number: u64,
}

impl Lobby {
    /// Comes in. Whoever comes in after the daemon began to stop is told at once.
    pub fn enter(&self, who: Recipient<Notice>, card: Card) -> Presence {
        if self.closing.is_cancelled() {
            tell(&who, Notice::Stopping);
        }
        self.admit(Present { card, ear: Ear::Mailbox(who) })
    }

    /// Comes in without a mailbox. What is yielded beside the presence rings when this one shall go.
    pub fn listen(&self, card: Card) -> (Presence, WaitForCancellationFutureOwned) {
        let dismissal = CancellationToken::new();
        let rings = dismissal.clone().cancelled_owned();
        (self.admit(Present { card, ear: Ear::Dismissal(dismissal) }), rings)
    }

    /// Everybody who is there, with a number of their own, in the order in which they came.
    pub fn present(&self) -> Vec<(u64, Card)> {
        self.lock().present.iter().map(|(number, present)| (*number, present.card.clone())).collect()
    }

    /// Has somebody go; says whether they were there, and who it was.
    pub fn dismiss(&self, number: u64) -> Option<Card> {
        let inner = self.lock();
        let present = inner.present.get(&number)?;
        match &present.ear {
            Ear::Mailbox(who) => tell(who, Notice::Dismissed),
            Ear::Dismissal(dismissal) => dismissal.cancel(),
        }
        Some(present.card.clone())
    }

    fn admit(&self, present: Present) -> Presence {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        inner.present.insert(number, present);
        Presence { lobby: self.clone(), number }
    }

    /// Tells everybody.
    pub fn tell(&self, notice: Notice) {
        let inner = self.lock();
        if notice == Notice::Stopping {
            self.closing.cancel();
        }
        for present in inner.present.values() {
            if let Ear::Mailbox(who) = &present.ear {
                tell(who, notice);
            }
        }
    }

    /// Waits until the daemon stops; for those who have no mailbox.
    pub fn closing(&self) -> WaitForCancellationFutureOwned {
        self.closing.clone().cancelled_owned()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        // Dropped outside the lock: an address may be the last one of its actor.
        let _gone = self.lobby.lock().present.remove(&self.number);
    }
}

/// A session whose mailbox is full stands still because its peer does not read: the kernel's time-out ends it.
fn tell(who: &Recipient<Notice>, notice: Notice) {
    let _ = who.try_send(notice);
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix::{Actor, Context, Handler};
    use tokio::sync::mpsc;

    struct Guest(mpsc::Sender<Notice>);

    impl Actor for Guest {
        type Context = Context<Self>;
    }

    impl Handler<Notice> for Guest {
        type Result = ();

        fn handle(&mut self, notice: Notice, _: &mut Self::Context) {
            self.0.try_send(notice).expect("room");
        }
    }

    fn card(name: &str) -> Card {
        Card {
            who: "local".into(),
            role: UserRole::Admin,
            address: "127.0.0.1".into(),
            name: name.into(),
            client: ClientId::parse(name).unwrap(),
            dialect: DialectId::new(0),
            machine: None,
            since: WallMs(0),
        }
    }

    fn guest() -> (Recipient<Notice>, mpsc::Receiver<Notice>) {
        let (heard, hears) = mpsc::channel(8);
        (Guest(heard).start().recipient(), hears)
    }

    #[actix::test]
    async fn everybody_present_is_told_and_nobody_who_left() {
        let lobby = Lobby::default();
        let ((a, mut a_hears), (b, mut b_hears)) = (guest(), guest());
        let (_stays, leaves) = (lobby.enter(a, card("a")), lobby.enter(b, card("b")));
        lobby.tell(Notice::LookAlive);
        assert_eq!((a_hears.recv().await, b_hears.recv().await), (Some(Notice::LookAlive), Some(Notice::LookAlive)));
        drop(leaves);
        lobby.tell(Notice::Stopping);
        assert_eq!((a_hears.recv().await, b_hears.recv().await), (Some(Notice::Stopping), None));
    }

    #[actix::test]
    async fn who_comes_while_the_daemon_stops_is_told_at_once() {
        let lobby = Lobby::default();
        lobby.tell(Notice::Stopping);
        let (late, mut hears) = guest();
        let _presence = lobby.enter(late, card("late"));
        assert_eq!(hears.recv().await, Some(Notice::Stopping));
    }

    #[actix::test]
    async fn one_is_dismissed_and_the_others_hear_nothing() {
        let lobby = Lobby::default();
        let ((a, mut a_hears), (b, mut b_hears)) = (guest(), guest());
        let _stay = (lobby.enter(a, card("a")), lobby.enter(b, card("b")));
        let (_reads, dismissed) = lobby.listen(card("c"));
        let names: Vec<String> = lobby.present().into_iter().map(|(_, card)| card.name).collect();
        assert_eq!(names, ["a", "b", "c"]);
        let numbers: Vec<u64> = lobby.present().into_iter().map(|(number, _)| number).collect();
        assert_eq!(lobby.dismiss(numbers[1]).map(|card| card.name).as_deref(), Some("b"));
        assert_eq!(b_hears.recv().await, Some(Notice::Dismissed));
        lobby.dismiss(numbers[2]);
        dismissed.await;
        assert_eq!(lobby.dismiss(99), None);
        lobby.tell(Notice::LookAlive);
        assert_eq!(a_hears.recv().await, Some(Notice::LookAlive));
    }
}
