//! Feeds: what a machine's bus tells, read once per serving thread for all sockets of that thread.
//!
//! ```text
//!  bus --broadcast--> Feed (one per thread and machine) --window--> Cursor (one per socket)
//! ```
//! Nothing is pushed at a socket: each draws from the window at its own pace. Whoever falls behind the window reads what it
//! missed from the bus's ring, so a peer that does not read costs no memory, and delays nobody.

use std::cell::{OnceCell, RefCell};
use std::collections::{HashMap, VecDeque};
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::task::{Context, Waker};

use actix_http::ws::{Codec, Message};
use actix_web::web::{Bytes, BytesMut};
use hearth_actors::client::Client;
use hearth_actors::dialect::{DialectId, Encoded, Frame, Told, Topic};
use hearth_actors::model::ids::MachineId;
use hearth_actors::runtime::bus::{Bus, Published};
use slab::Slab;
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio_util::codec::Encoder;
use tokio_util::sync::{CancellationToken, DropGuard};

/// Events that a socket may be behind before it reads from the ring what it missed.
const WINDOW_EVENTS: usize = 64;

/// The feeds of one serving thread. Cheap to clone.
#[derive(Clone, Default)]
pub struct Feeds {
    open: Rc<RefCell<HashMap<MachineId, Weak<Feed>>>>,
}

/// A text frame as it goes over the wire, header and all; what one thread's sockets share.
pub fn on_the_wire(frame: Frame) -> Bytes {
    let mut bytes = BytesMut::with_capacity(frame.len() + 10);
    // Encoding a text frame has no way to fail; an empty answer would only be sent as nothing.
    let _ = Codec::new().encode(Message::Text(frame), &mut bytes);
    bytes.freeze()
}

/// One event in the window.
pub struct Entry {
    /// The event.
    pub published: Arc<Published>,
    wires: [OnceCell<Wires>; DialectId::MOST],
}

/// The frames that the sockets of one dialect share.
type Wires = Box<[(Topic, Bytes)]>;

impl Entry {
    /// What a client is told of the event, put at the end of `out`. Shared frames are put together by the first that asks.
    pub fn tell(&self, client: &mut Client, out: &mut VecDeque<Bytes>) {
        let shared = &self.wires[client.dialect().place()];
        if shared.get().is_none() {
            match client.encode(&self.published) {
                Encoded::Shared(told) => {
                    let wires = told.iter().map(|Told { topic, frame }| (*topic, on_the_wire(frame.clone())));
                    shared.get_or_init(|| wires.collect());
                }
                Encoded::Personal(told) => {
                    let chosen = told.into_iter().filter(|Told { topic, .. }| client.hears(*topic));
                    return out.extend(chosen.map(|Told { frame, .. }| on_the_wire(frame)));
                }
                Encoded::Silent => return,
            }
        }
        let wires = shared.get().into_iter().flatten();
        out.extend(wires.filter(|(topic, _)| client.hears(*topic)).map(|(_, bytes)| bytes.clone()));
    }
}

/// What one machine tells the sockets of one thread.
pub struct Feed {
    bus: Arc<Bus>,
    window: RefCell<Window>,
    ended: CancellationToken,
    _reading: DropGuard,
}

#[derive(Default)]
struct Window {
    /// Number of the oldest entry, counted from the feed's beginning.
    first: u64,
    entries: VecDeque<Rc<Entry>>,
    sleepers: Slab<Waker>,
}

impl Window {
    fn end(&self) -> u64 {
        self.first + self.entries.len() as u64
    }

    fn take(&mut self, published: Arc<Published>) {
        if self.entries.len() == WINDOW_EVENTS {
            self.entries.pop_front();
            self.first += 1;
        }
        self.entries.push_back(Rc::new(Entry { published, wires: Default::default() }));
    }

    /// The bus ran ahead: no cursor finds its place any more.
    fn skip(&mut self) {
        self.first = self.end() + 1;
        self.entries.clear();
    }

    fn wake_all(&self) {
        self.sleepers.iter().for_each(|(_, sleeper)| sleeper.wake_by_ref());
    }
}

impl Feeds {
    /// A place in the feed of a machine; everything published from now on comes after it. Take it before the snapshot.
    pub fn follow(&self, machine: &MachineId, bus: &Arc<Bus>) -> Cursor {
        let mut open = self.open.borrow_mut();
        let known = open.get(machine).and_then(Weak::upgrade);
        let feed = known.filter(|feed| Arc::ptr_eq(&feed.bus, bus)).unwrap_or_else(|| {
            let feed = Feed::open(Arc::clone(bus));
            open.retain(|_, feed| feed.strong_count() > 0);
            open.insert(machine.clone(), Rc::downgrade(&feed));
            feed
        });
        let next = feed.window.borrow().end();
        Cursor { feed, next, seat: None }
    }
}

impl Feed {
    fn open(bus: Arc<Bus>) -> Rc<Self> {
        let events = bus.subscribe();
        let over = CancellationToken::new();
        let feed = Rc::new(Self {
            bus,
            window: RefCell::default(),
            ended: CancellationToken::new(),
            _reading: over.clone().drop_guard(),
        });
        let reading = read(Rc::downgrade(&feed), events);
        actix_web::rt::spawn(async move { over.run_until_cancelled_owned(reading).await });
        feed
    }
}

/// Fills the window until the machine is removed or nobody follows any more.
async fn read(feed: Weak<Feed>, mut events: broadcast::Receiver<Arc<Published>>) {
    loop {
        let first = events.recv().await;
        let Some(feed) = feed.upgrade() else { return };
        let mut window = feed.window.borrow_mut();
        match first {
            Ok(published) => window.take(published),
            Err(RecvError::Lagged(_)) => window.skip(),
            Err(RecvError::Closed) => return feed.ended.cancel(),
        }
        loop {
            match events.try_recv() {
                Ok(published) => window.take(published),
                Err(TryRecvError::Lagged(_)) => window.skip(),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        window.wake_all();
    }
}

/// A socket's place in a feed.
pub struct Cursor {
    feed: Rc<Feed>,
    next: u64,
    /// Where its waker is kept.
    seat: Option<usize>,
}

/// What comes next.
pub enum Next {
    /// This event.
    Event(Rc<Entry>),
    /// Events that the window has forgotten; the ring has them.
    Missed,
    /// Nothing yet: the task will be woken.
    Nothing,
}

impl Cursor {
    /// What comes next.
    pub fn next(&mut self, cx: &Context<'_>) -> Next {
        let mut window = self.feed.window.borrow_mut();
        if self.next < window.first {
            self.next = window.end();
            return Next::Missed;
        }
        if let Some(entry) = usize::try_from(self.next - window.first).ok().and_then(|at| window.entries.get(at)) {
            self.next += 1;
            return Next::Event(Rc::clone(entry));
        }
        match self.seat {
            None => self.seat = Some(window.sleepers.insert(cx.waker().clone())),
            Some(seat) => window.sleepers[seat].clone_from(cx.waker()),
        }
        Next::Nothing
    }

    /// Waits until the machine was removed.
    pub fn ended(&self) -> impl Future<Output = ()> + 'static {
        self.feed.ended.clone().cancelled_owned()
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if let Some(seat) = self.seat {
            self.feed.window.borrow_mut().sleepers.remove(seat);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_actors::model::channel::ChannelTable;
    use hearth_actors::model::event::{EventBody, Safety};
    use hearth_actors::model::ids::Seq;
    use hearth_actors::runtime::clock::MachineClock;
    use std::future::poll_fn;
    use std::task::Poll;

    fn machine() -> (MachineId, Arc<Bus>) {
        let id = MachineId::parse("m").expect("an id");
        let bus = Bus::new(id.clone(), Arc::new(ChannelTable::default()), MachineClock::new(1.0), Seq(1));
        (id, Arc::new(bus))
    }

    fn something() -> EventBody {
        EventBody::Safety(Safety::default())
    }

    /// The seq of the next event, or `None` where some were missed.
    async fn next(cursor: &mut Cursor) -> Option<u64> {
        poll_fn(|cx| match cursor.next(cx) {
            Next::Event(entry) => Poll::Ready(Some(entry.published.event.seq.0)),
            Next::Missed => Poll::Ready(None),
            Next::Nothing => Poll::Pending,
        })
        .await
    }

    #[actix_rt::test]
    async fn sockets_of_one_thread_share_one_reader_and_each_sees_everything_from_its_own_beginning() {
        let (feeds, (id, bus)) = (Feeds::default(), machine());
        let mut early = feeds.follow(&id, &bus);
        bus.publish(something());
        assert_eq!(next(&mut early).await, Some(1));
        let mut late = feeds.follow(&id, &bus);
        assert!(Rc::ptr_eq(&early.feed, &late.feed));
        bus.publish(something());
        assert_eq!((next(&mut early).await, next(&mut late).await), (Some(2), Some(2)));
    }

    #[actix_rt::test]
    async fn who_stays_behind_the_window_is_told_so_once_and_goes_on_with_what_is_new() {
        let (feeds, (id, bus)) = (Feeds::default(), machine());
        let (mut slow, mut quick) = (feeds.follow(&id, &bus), feeds.follow(&id, &bus));
        for seq in 1..=WINDOW_EVENTS as u64 + 1 {
            bus.publish(something());
            assert_eq!(next(&mut quick).await, Some(seq));
        }
        assert_eq!(next(&mut slow).await, None);
        bus.publish(something());
        assert_eq!(next(&mut slow).await, Some(WINDOW_EVENTS as u64 + 2));
        assert_eq!(quick.feed.window.borrow().entries.len(), WINDOW_EVENTS);
    }

    #[actix_rt::test]
    async fn when_the_bus_ran_ahead_of_the_thread_everybody_is_told() {
        let (feeds, (id, bus)) = (Feeds::default(), machine());
        let (mut a, mut b) = (feeds.follow(&id, &bus), feeds.follow(&id, &bus));
        for _ in 0..2000 {
            bus.publish(something());
        }
        assert_eq!((next(&mut a).await, next(&mut b).await), (None, None));
    }

    #[actix_rt::test]
    async fn the_end_of_a_machine_reaches_its_followers_and_another_one_of_that_name_gets_a_feed_of_its_own() {
        let (feeds, (id, bus)) = (Feeds::default(), machine());
        let old = feeds.follow(&id, &bus);
        bus.close();
        old.ended().await;
        let (_, fresh) = machine();
        let mut new = feeds.follow(&id, &fresh);
        fresh.publish(something());
        assert_eq!(next(&mut new).await, Some(1));
    }

    #[actix_rt::test]
    async fn a_feed_ends_with_its_last_follower() {
        let (feeds, (id, bus)) = (Feeds::default(), machine());
        let cursor = feeds.follow(&id, &bus);
        let feed = Rc::downgrade(&cursor.feed);
        drop(cursor);
        assert!(feed.upgrade().is_none());
    }
}
