//! What a remote controller has sent and shall fetch: the meeting point of its connection and its machine's driver.
//!
//! It outlives both. Bounded: a machine that does not read loses the oldest batch, and says so.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::time::WallMs;
use tokio::sync::watch;
use tokio::time::Instant;

/// Batches that wait for the machine at most.
const BATCHES_MAX: usize = 1024;

/// One value of one channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Datum {
    /// Index of the channel.
    pub channel: usize,
    /// Native unit.
    pub value: f64,
    /// When the controller says it was taken.
    pub at: WallMs,
}

/// Values of one moment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Batch {
    /// At most one per channel.
    pub data: Vec<Datum>,
}

/// Shared by the sockets that a controller speaks on and the driver of its machine.
#[derive(Debug, Clone)]
pub struct Inbox {
    state: Arc<Mutex<State>>,
    /// Counts what came, so that nobody who waits misses any of it.
    arrivals: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct State {
    batches: VecDeque<Batch>,
    lost: u64,
    heard: Option<Instant>,
    /// What the numbers of channels mean.
    channels: Arc<ChannelTable>,
    seen: BTreeMap<usize, f64>,
    wanted: BTreeMap<usize, f64>,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { state: Arc::default(), arrivals: watch::Sender::new(0) }
    }
}

impl Inbox {
    /// From here on it is for these channels. What came and what was ordered of others is forgotten: the same number may stand
    /// for another channel now.
    pub fn serve(&self, channels: &Arc<ChannelTable>) {
        let mut state = self.lock();
        if *state.channels != **channels && !state.channels.is_empty() {
            *state = State { heard: state.heard, ..State::default() };
        }
        state.channels = Arc::clone(channels);
    }

    /// Takes what a controller sent, in its order. A channel that comes twice begins a batch of its own: nothing is thrown away.
    pub fn put(&self, data: &[Datum], now: Instant) {
        let mut state = self.lock();
        state.heard = Some(now);
        let mut batch = Batch::default();
        for datum in data {
            state.seen.insert(datum.channel, datum.value);
            if batch.data.iter().any(|known| known.channel == datum.channel) {
                state.append(std::mem::take(&mut batch));
            }
            batch.data.push(*datum);
        }
        state.append(batch);
        drop(state);
        self.arrivals.send_modify(|count| *count += 1);
    }

    /// The next batch.
    pub fn next(&self) -> Option<Batch> {
        self.lock().batches.pop_front()
    }

    /// Whether a batch waits.
    pub fn has_news(&self) -> bool {
        !self.lock().batches.is_empty()
    }

    /// How many batches were lost since the last look, because the machine did not read.
    pub fn take_lost(&self) -> u64 {
        std::mem::take(&mut self.lock().lost)
    }

    /// When the controller was last heard.
    pub fn heard(&self) -> Option<Instant> {
        self.lock().heard
    }

    /// What the controller is to set a channel to, for it to fetch. Native unit.
    pub fn want(&self, channel: usize, value: f64) {
        let mut state = self.lock();
        state.wanted.insert(channel, value);
        // What it showed before the order does not confirm the order.
        state.seen.remove(&channel);
    }

    /// What the controller is to set these channels to; nothing, where it is not for them. Native unit.
    pub fn wanted(&self, channels: &ChannelTable) -> BTreeMap<usize, f64> {
        let state = self.lock();
        if *state.channels == *channels { state.wanted.clone() } else { BTreeMap::new() }
    }

    /// Word of everything that comes from now on.
    pub fn arrivals(&self) -> watch::Receiver<u64> {
        self.arrivals.subscribe()
    }

    /// What the controller last said of a channel since it was last ordered. Native unit.
    pub fn seen(&self, channel: usize) -> Option<f64> {
        self.lock().seen.get(&channel).copied()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn append(&mut self, batch: Batch) {
        if batch.data.is_empty() {
            return;
        }
        if self.batches.len() == BATCHES_MAX {
            self.batches.pop_front();
            self.lost += 1;
        }
        self.batches.push_back(batch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn datum(channel: usize, value: f64) -> Datum {
        Datum { channel, value, at: WallMs(0) }
    }

    #[tokio::test]
    async fn a_channel_that_comes_twice_in_one_message_is_two_readings() {
        let inbox = Inbox::default();
        inbox.put(&[datum(0, 1.0), datum(1, 5.0), datum(0, 2.0)], Instant::now());
        let batches: Vec<Vec<f64>> =
            std::iter::from_fn(|| inbox.next()).map(|b| b.data.iter().map(|d| d.value).collect()).collect();
        assert_eq!(batches, [vec![1.0, 5.0], vec![2.0]]);
    }

    #[tokio::test]
    async fn a_machine_that_does_not_read_loses_the_oldest_and_is_told() {
        let inbox = Inbox::default();
        for value in 0..BATCHES_MAX + 3 {
            inbox.put(&[datum(0, value as f64)], Instant::now());
        }
        assert_eq!((inbox.take_lost(), inbox.take_lost()), (3, 0));
        assert_eq!(inbox.next().map(|batch| batch.data[0].value), Some(3.0));
    }

    #[tokio::test]
    async fn what_was_shown_before_an_order_does_not_confirm_it() {
        let inbox = Inbox::default();
        inbox.put(&[datum(2, 70.0)], Instant::now());
        inbox.want(2, 70.0);
        assert_eq!(inbox.seen(2), None);
        inbox.put(&[datum(2, 70.0)], Instant::now());
        assert_eq!((inbox.seen(2), inbox.wanted(&ChannelTable::default())[&2]), (Some(70.0), 70.0));
    }
}
