//! The outlet of a socket: what its session actor says, and after that what happens live.
//!
//! Most of what a socket carries are live events that need nothing of its actor. They go from the feed to the wire without
//! waking it: the actor has a bell of its own and is looked at only when that rang.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

use actix_web::web::{Bytes, BytesMut};
use futures_util::Stream;
use futures_util::task::AtomicWaker;
use hearth_actors::client::Client;
use tokio::time::Instant;

use super::feed::{Cursor, Next, on_the_wire};

/// What a socket's actor and its outlet share.
pub struct Line {
    /// What the client has been told.
    pub client: RefCell<Client>,
    /// Where it is in the feed of each of its machines, in their places.
    pub live: RefCell<Vec<Cursor>>,
    /// When something was last sent, for a client that wants a sign of life where there is silence.
    pub told: Cell<Option<Instant>>,
    /// Whether the last word was said, and how.
    pub parting: Cell<Parting>,
}

/// How a socket ends. Nothing live comes after its last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// Not yet.
    No,
    /// With what was taken for its client, and nobody else would send any more.
    Friendly,
    /// At once: its client may not hear what waits.
    Abrupt,
}

/// The body of a WebSocket's response. `S` is what its session actor says.
pub struct Outlet<S> {
    session: Pin<Box<S>>,
    bell: Arc<Bell>,
    /// Rings the bell.
    rope: Waker,
    line: Rc<Line>,
    /// Frames of events that were taken.
    waiting: VecDeque<Bytes>,
}

/// Wakes the socket's task and remembers that it was for the actor.
#[derive(Default)]
struct Bell {
    rang: AtomicBool,
    task: AtomicWaker,
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.rang.store(true, Ordering::Release);
        self.task.wake();
    }
}

impl Line {
    /// Something is being sent.
    pub fn tells(&self) {
        if self.told.get().is_some() {
            self.told.set(Some(Instant::now()));
        }
    }
}

impl<S> Outlet<S> {
    /// Joins what an actor says and what happens live.
    pub fn new(session: S, line: Rc<Line>) -> Self {
        let bell = Arc::new(Bell { rang: AtomicBool::new(true), task: AtomicWaker::new() });
        let rope = Waker::from(Arc::clone(&bell));
        Self { session: Box::pin(session), bell, rope, line, waiting: VecDeque::new() }
    }

    /// The next live frame for this client: of each machine first what it missed, then what the feed has.
    fn next_live(&mut self, cx: &Context<'_>) -> Option<Bytes> {
        let mut client = self.line.client.borrow_mut();
        let mut live = self.line.live.borrow_mut();
        for (place, cursor) in live.iter_mut().enumerate() {
            while self.waiting.is_empty() {
                self.waiting.extend(client.catch_up(place).into_iter().map(on_the_wire));
                if !self.waiting.is_empty() {
                    break;
                }
                match cursor.next(cx) {
                    Next::Event(entry) if client.takes(place, &entry.published) => {
                        entry.tell(&mut client, &mut self.waiting);
                    }
                    Next::Event(_) => {}
                    Next::Missed => client.fell_behind(place),
                    Next::Nothing => break,
                }
            }
        }
        self.waiting.pop_front()
    }
}

impl<S> Outlet<S> {
    /// What the actor says; where it parts, behind what was taken for this client.
    fn last_words(&mut self, said: Bytes) -> Bytes {
        match self.line.parting.get() {
            Parting::Friendly if !self.waiting.is_empty() => {}
            Parting::No | Parting::Friendly | Parting::Abrupt => return said,
        }
        let mut all = BytesMut::new();
        self.waiting.drain(..).for_each(|frame| all.extend_from_slice(&frame));
        all.extend_from_slice(&said);
        all.freeze()
    }
}

impl<S, E> Stream for Outlet<S>
where
    S: Stream<Item = Result<Bytes, E>>,
{
    type Item = Result<Bytes, E>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if this.bell.rang.swap(false, Ordering::AcqRel) {
            this.bell.task.register(cx.waker());
            match this.session.as_mut().poll_next(&mut Context::from_waker(&this.rope)) {
                Poll::Ready(Some(said)) => {
                    // It may have more to say, and only looks for a reason to be woken when it has not.
                    this.bell.rang.store(true, Ordering::Release);
                    return Poll::Ready(Some(said.map(|said| this.last_words(said))));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                // It may have rung before the task was registered.
                Poll::Pending if this.bell.rang.load(Ordering::Acquire) => cx.waker().wake_by_ref(),
                Poll::Pending => {}
            }
        }
        if this.line.parting.get() != Parting::No {
            return Poll::Pending;
        }
        let Some(frame) = this.next_live(cx) else { return Poll::Pending };
        this.line.tells();
        Poll::Ready(Some(Ok(frame)))
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::{StreamExt, stream};
    use hearth_actors::logic::lease::Identity;
    use hearth_actors::model::time::WallMs;

    use super::*;
    use crate::dialects::openscan::TaskUpdates;
    use crate::http::websocket::entrances::nobody_in_particular;

    fn line() -> Rc<Line> {
        let viewer = nobody_in_particular("test");
        let (client, _) = Client::attach(Box::new(TaskUpdates), viewer, Identity::Passing, Vec::new(), 50, WallMs(0));
        Rc::new(Line {
            client: RefCell::new(client),
            live: RefCell::default(),
            told: Cell::new(None),
            parting: Cell::new(Parting::No),
        })
    }

    /// What is sent where an actor answers, then parts, while two frames wait.
    async fn sent(how: Parting) -> Vec<Bytes> {
        let line = line();
        let parts = Rc::clone(&line);
        let session = stream::iter([(Parting::No, "answer"), (how, "close")]).map(move |(parting, said)| {
            parts.parting.set(parting);
            Ok::<_, Infallible>(Bytes::from_static(said.as_bytes()))
        });
        let mut outlet = Outlet::new(session, line);
        outlet.waiting.extend(["one ", "two "].map(|frame| Bytes::from_static(frame.as_bytes())));
        outlet.map(|sent| sent.unwrap_or_else(|never| match never {})).collect().await
    }

    #[actix_rt::test]
    async fn what_was_taken_for_a_client_is_sent_before_its_socket_is_closed() {
        assert_eq!(sent(Parting::Friendly).await, ["answer", "one two close"]);
    }

    #[actix_rt::test]
    async fn what_waits_for_a_client_whose_login_ended_is_not_sent() {
        assert_eq!(sent(Parting::Abrupt).await, ["answer", "close"]);
    }
}
