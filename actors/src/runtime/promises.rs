//! Orders that were handed over and are confirmed later.

use std::future::poll_fn;
use std::task::Poll;

use futures_util::FutureExt;
use tokio::time::Instant;

use crate::driver::{DriverError, Promise};
use crate::logic::gate::Admitted;

/// What was promised and not yet kept; at most one promise per channel.
#[derive(Default)]
pub struct Promises {
    open: Vec<Open>,
}

struct Open {
    order: Admitted,
    began: Instant,
    /// Nothing once a newer order took its place.
    promise: Option<Promise>,
}

/// A promise that ended.
#[derive(Debug)]
pub struct Kept {
    /// The order.
    pub order: Admitted,
    /// When it was given to the driver.
    pub began: Instant,
    /// How it ended.
    pub ending: Ending,
}

/// How a promise ended.
#[derive(Debug)]
pub enum Ending {
    /// The device did it, or not.
    Device(Result<(), DriverError>),
    /// A newer order for the same channel took its place.
    Overtaken,
}

impl Promises {
    /// Takes a promise; one for the same channel that is still open is over, and ends at the next look.
    pub fn add(&mut self, order: Admitted, began: Instant, promise: Promise) {
        for older in self.open.iter_mut().filter(|older| older.order.channel() == order.channel()) {
            older.promise = None;
        }
        self.open.push(Open { order, began, promise: Some(promise) });
    }

    /// Waits for the next one that ends. May be dropped at any time.
    pub async fn next_kept(&mut self) -> Kept {
        poll_fn(|cx| {
            for place in 0..self.open.len() {
                let ending = match &mut self.open[place].promise {
                    None => Poll::Ready(Ending::Overtaken),
                    Some(promise) => promise.poll_unpin(cx).map(Ending::Device),
                };
                if let Poll::Ready(ending) = ending {
                    let Open { order, began, .. } = self.open.remove(place);
                    return Poll::Ready(Kept { order, began, ending });
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Whether the device still owes an answer about a channel.
    pub fn is_open(&self, channel: usize) -> bool {
        self.open.iter().any(|open| open.order.channel() == channel)
    }

    /// Lets go of all that are open: the orders, and when each was given to the driver.
    pub fn give_up(&mut self) -> Vec<(Admitted, Instant)> {
        self.open.drain(..).map(|open| (open.order, open.began)).collect()
    }
}
