//! The lobby: everybody who has a socket open, for what is told to all of them.
//!
//! A timer or a channel of its own in every session would be looked at with every frame that the session sends. The lobby
//! has one for all, and uses the mailbox that a session looks at anyway.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use actix::{Message, Recipient};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// What all sockets are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// Time to ask the peer for a sign of life.
    LookAlive,
    /// The daemon stops: say why and go.
    Stopping,
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
    present: HashMap<u64, Recipient<Notice>>,
    closing: bool,
}

/// Somebody's presence; leaves when dropped.
pub struct Presence {
    lobby: Lobby,
    number: u64,
}

impl Lobby {
    /// Comes in. Whoever comes in after the daemon began to stop is told at once.
    pub fn enter(&self, who: Recipient<Notice>) -> Presence {
        let mut inner = self.lock();
        let number = inner.next;
        inner.next += 1;
        if inner.closing {
            tell(&who, Notice::Stopping);
        }
        inner.present.insert(number, who);
        Presence { lobby: self.clone(), number }
    }

    /// Tells everybody.
    pub fn tell(&self, notice: Notice) {
        let mut inner = self.lock();
        if notice == Notice::Stopping {
            inner.closing = true;
            self.closing.cancel();
        }
        inner.present.values().for_each(|who| tell(who, notice));
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

    fn guest() -> (Recipient<Notice>, mpsc::Receiver<Notice>) {
        let (heard, hears) = mpsc::channel(8);
        (Guest(heard).start().recipient(), hears)
    }

    #[actix::test]
    async fn everybody_present_is_told_and_nobody_who_left() {
        let lobby = Lobby::default();
        let ((a, mut a_hears), (b, mut b_hears)) = (guest(), guest());
        let (_stays, leaves) = (lobby.enter(a), lobby.enter(b));
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
        let _presence = lobby.enter(late);
        assert_eq!(hears.recv().await, Some(Notice::Stopping));
    }
}
