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
    promise: Promise,
}

/// A promise that ended.
#[derive(Debug)]
pub struct Kept {
    /// The order.
    pub order: Admitted,
    /// When it was given to the driver.
    pub began: Instant,
    /// Whether the device did it.
    pub outcome: Result<(), DriverError>,
}

impl Promises {
    /// Takes a promise; one for the same channel that is still open is over, and ends at the next look.
    pub fn add(&mut self, order: Admitted, began: Instant, promise: Promise) {
        for older in self.open.iter_mut().filter(|older| older.order.channel() == order.channel()) {
            older.promise = std::future::ready(Err(overtaken())).boxed_local();
        }
        self.open.push(Open { order, began, promise });
    }

    /// Waits for the next one that ends. May be dropped at any time.
    pub async fn next_kept(&mut self) -> Kept {
        poll_fn(|cx| {
            for place in 0..self.open.len() {
                if let Poll::Ready(outcome) = self.open[place].promise.poll_unpin(cx) {
                    let Open { order, began, .. } = self.open.remove(place);
                    return Poll::Ready(Kept { order, began, outcome });
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Lets go of all that are open: the orders, and when each was given to the driver.
    pub fn give_up(&mut self) -> Vec<(Admitted, Instant)> {
        self.open.drain(..).map(|open| (open.order, open.began)).collect()
    }
}

fn overtaken() -> DriverError {
    DriverError::Rejected {
        what: "waiting for the device to confirm".into(),
        cause: "a newer order for the same control took its place".into(),
        hint: String::new(),
    }
}
