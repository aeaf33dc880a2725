//! The two lanes to the driver. Ordinary orders: the newest for each channel, older ones are superseded. Urgent orders go first and
//! take the place of ordinary ones for the same channel. Beside them wait a few pictures to be taken, after every order.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, oneshot};
use tokio::time::Instant;

use super::steering::Epochs;
use crate::driver::{DriverError, Picture};
use crate::logic::gate::Admitted;

/// Pictures that may wait to be taken.
const SHOTS_MAX: usize = 4;

/// A picture to be taken.
#[derive(Debug)]
pub struct Shot {
    /// Index of the camera's channel.
    pub channel: usize,
    /// Who waits for it; dropped where the link goes first.
    pub taken: oneshot::Sender<Result<Picture, DriverError>>,
}

/// Orders on their way to the drive task. At most one per channel and lane, so it is bounded by the machine's channels.
#[derive(Debug, Default)]
pub struct Lanes {
    waiting: Mutex<Waiting>,
    arrived: Notify,
    epochs: Epochs,
}

#[derive(Debug, Default)]
struct Waiting {
    urgent: VecDeque<Admitted>,
    ordinary: VecDeque<Admitted>,
    /// Written in part: more of them is to come. With when that began.
    rising: Vec<(Admitted, Instant)>,
    shots: VecDeque<Shot>,
    /// Urgent orders came since it was last asked.
    is_urgent: bool,
}

impl Lanes {
    /// Lanes for orders under the lease with these epochs.
    pub fn new(epochs: Epochs) -> Self {
        Self { epochs, ..Self::default() }
    }

    /// Whether control changed hands since the order was admitted.
    pub fn is_outdated(&self, order: &Admitted) -> bool {
        !self.epochs.honour(order.mandate())
    }

    /// Queues an order and gives back the one it takes the place of.
    pub fn submit(&self, order: Admitted) -> Option<Admitted> {
        let mut waiting = self.lock();
        let superseded = take_channel(&mut waiting.ordinary, order.channel());
        waiting.ordinary.push_back(order);
        self.arrived.notify_one();
        superseded
    }

    /// Queues orders before all ordinary ones and gives back those they take the place of.
    pub fn submit_urgent(&self, orders: Vec<Admitted>) -> Vec<Admitted> {
        let mut waiting = self.lock();
        waiting.is_urgent = true;
        let mut superseded = Vec::new();
        for order in orders {
            superseded.extend(take_channel(&mut waiting.ordinary, order.channel()));
            superseded.extend(take_channel(&mut waiting.urgent, order.channel()));
            waiting.urgent.push_back(order);
        }
        self.arrived.notify_one();
        superseded
    }

    /// Whether urgent orders came since this was last asked: what still rises then rises no further.
    pub fn take_urgency(&self) -> bool {
        std::mem::take(&mut self.lock().is_urgent)
    }

    /// Whether an urgent order waits.
    pub fn has_urgent(&self) -> bool {
        !self.lock().urgent.is_empty()
    }

    /// The next order, if one waits.
    pub fn try_next(&self) -> Option<Admitted> {
        let mut waiting = self.lock();
        waiting.urgent.pop_front().or_else(|| waiting.ordinary.pop_front())
    }

    /// Queues a picture to be taken, or gives it back where too many wait.
    pub fn submit_shot(&self, shot: Shot) -> Option<Shot> {
        let mut waiting = self.lock();
        if waiting.shots.len() >= SHOTS_MAX {
            return Some(shot);
        }
        waiting.shots.push_back(shot);
        self.arrived.notify_one();
        None
    }

    /// The next picture to be taken, if one waits.
    pub fn next_shot(&self) -> Option<Shot> {
        self.lock().shots.pop_front()
    }

    /// Waits until an order may be there. Safe to drop.
    pub async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Queues an order again that was the next one, or gives it back where another one has its place by now.
    pub fn put_back(&self, order: Admitted) -> Option<Admitted> {
        let mut waiting = self.lock();
        if waiting.urgent.iter().chain(&waiting.ordinary).any(|other| other.channel() == order.channel()) {
            return Some(order);
        }
        waiting.ordinary.push_front(order);
        None
    }

    /// Whether an order is among the ordinary ones: one for the same channel would take its place.
    pub fn is_waiting(&self, order: &Admitted) -> bool {
        self.lock().ordinary.iter().any(|waiting| waiting.command() == order.command())
    }

    /// An order rises step by step since a moment: it is on its way until its last step.
    pub fn submit_rising(&self, order: Admitted, began: Instant) {
        self.lock().rising.push((order, began));
    }

    /// Whether the rest of an order is still to be written.
    pub fn is_rising(&self, order: &Admitted) -> bool {
        self.lock().rising.iter().any(|(rising, _)| rising.command() == order.command())
    }

    /// Takes out the order that rises on a channel, unless it was withdrawn.
    pub fn end_rising(&self, channel: usize) -> Option<(Admitted, Instant)> {
        let rising = &mut self.lock().rising;
        let at = rising.iter().position(|(order, _)| order.channel() == channel)?;
        Some(rising.remove(at))
    }

    /// Takes out all orders that rise.
    pub fn end_all_rising(&self) -> Vec<(Admitted, Instant)> {
        std::mem::take(&mut self.lock().rising)
    }

    /// Takes the ordinary orders out that fit, and of those that were written in part whichever fit `in_part`, for refusing them.
    pub fn withdraw(&self, fits: impl Fn(&Admitted) -> bool, in_part: impl Fn(&Admitted) -> bool) -> Vec<Admitted> {
        let mut waiting = self.lock();
        let (mut withdrawn, kept): (Vec<Admitted>, _) = waiting.ordinary.drain(..).partition(fits);
        waiting.ordinary = kept.into();
        withdrawn.extend(waiting.rising.extract_if(.., |(order, _)| in_part(order)).map(|(order, _)| order));
        withdrawn
    }

    /// Takes all orders out, for refusing them.
    pub fn clear(&self) -> Vec<Admitted> {
        let mut waiting = self.lock();
        waiting.shots.clear();
        let mut all: Vec<Admitted> = waiting.urgent.drain(..).collect();
        all.extend(waiting.ordinary.drain(..));
        all
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_channel(queue: &mut VecDeque<Admitted>, channel: usize) -> Option<Admitted> {
    let at = queue.iter().position(|order| order.channel() == channel)?;
    queue.remove(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logic::gate::stop_orders;
    use crate::logic::lease::{Epoch, Mandate};
    use crate::model::command::Actor;
    use crate::model::ids::CommandId;
    use crate::testing::roaster;

    #[test]
    fn a_few_pictures_wait_and_more_are_given_back() {
        let lanes = Lanes::default();
        let shot = || Shot { channel: 0, taken: oneshot::channel().0 };
        for _ in 0..SHOTS_MAX {
            assert!(lanes.submit_shot(shot()).is_none());
        }
        assert!(lanes.submit_shot(shot()).is_some());
        assert!(lanes.next_shot().is_some());
        assert!(lanes.submit_shot(shot()).is_none());
        lanes.clear();
        assert!(lanes.next_shot().is_none(), "nobody takes them where the orders are refused");
    }

    #[test]
    fn an_order_is_outdated_once_control_changed_hands_and_one_of_the_house_never() {
        let epochs = Epochs::default();
        let lanes = Lanes::new(epochs.clone());
        let of_the_house = stop_orders(&roaster("a"), CommandId(1), &Actor::Failsafe).remove(0);
        let order = of_the_house.clone().under(Mandate::Under(Epoch(0)));
        assert!(!lanes.is_outdated(&order));
        epochs.set(Epoch(1));
        assert!(lanes.is_outdated(&order));
        assert!(!lanes.is_outdated(&of_the_house));
    }
}
