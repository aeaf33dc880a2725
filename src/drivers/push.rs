//! A machine whose remote controller sends readings by itself and fetches what it shall set.
//!
//! Its link is up while the controller is heard. An order is put where the controller fetches it; it is confirmed when a reading
//! shows the value. Such a machine cannot be forced safe: the safe value waits for the controller like any other.

mod inbox;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::FutureExt;
use hearth_actors::driver::{Applied, Driver, DriverError, DriverFactory, Pace, Promise, Sample};
use hearth_actors::logic::gate::Admitted;
use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::ids::MachineId;
use tokio::time::{Instant, sleep_until, timeout};

use crate::config::push::PushConfig;
pub use inbox::{Datum, Inbox};

/// How long an attempt to connect waits for the controller. Below the longest time that one may take.
const CONNECT_WAIT: Duration = Duration::from_secs(4);
/// Values this close to each other are the same: what goes through a controller comes back rounded.
const SAME: f64 = 1e-6;

/// The inboxes of all machines of this kind. Cheap to clone.
#[derive(Clone, Default)]
pub struct Inboxes {
    by_machine: Arc<Mutex<HashMap<MachineId, Inbox>>>,
}

impl Inboxes {
    /// The inbox of a machine, made at the first call.
    pub fn of(&self, machine: &MachineId) -> Inbox {
        let mut inboxes = self.by_machine.lock().unwrap_or_else(PoisonError::into_inner);
        inboxes.entry(machine.clone()).or_default().clone()
    }

    /// A machine has a driver of another kind now: nothing is taken for it, and nothing is to be fetched.
    pub fn close(&self, machine: &MachineId) {
        self.by_machine.lock().unwrap_or_else(PoisonError::into_inner).remove(machine);
    }

    /// A machine has this inbox now.
    fn open(&self, machine: &MachineId, inbox: &Inbox) {
        self.by_machine.lock().unwrap_or_else(PoisonError::into_inner).insert(machine.clone(), inbox.clone());
    }

    /// The inbox of a machine that has one.
    pub fn find(&self, machine: &MachineId) -> Option<Inbox> {
        self.by_machine.lock().unwrap_or_else(PoisonError::into_inner).get(machine).cloned()
    }
}

/// Makes drivers for a machine of this id, whose inbox is among these.
pub fn factory(config: PushConfig, machine: &MachineId, inboxes: &Inboxes) -> DriverFactory {
    let (inboxes, inbox) = (inboxes.clone(), inboxes.of(machine));
    Arc::new(move |spec| {
        inbox.serve(&spec.channels);
        inboxes.open(&spec.id, &inbox);
        Box::new(PushDriver { config, channels: spec.channels.clone(), inbox: inbox.clone() })
    })
}

struct PushDriver {
    config: PushConfig,
    channels: Arc<ChannelTable>,
    inbox: Inbox,
}

impl PushDriver {
    /// When the controller counts as gone, unless it is heard before.
    fn stale_at(&self) -> Option<Instant> {
        Some(self.inbox.heard()? + Duration::from_millis(self.config.stale_after_ms))
    }

    fn is_there(&self) -> bool {
        self.stale_at().is_some_and(|stale_at| Instant::now() < stale_at)
    }

    fn gone(&self, what: &str) -> DriverError {
        let cause = match self.inbox.heard() {
            None => "its controller has sent nothing yet".to_owned(),
            Some(heard) => format!("its controller has sent nothing for {} s", heard.elapsed().as_secs()),
        };
        let hint = "does it run, and does it send telemetry with the tags of this machine to /ws/controller/telemetry?";
        DriverError::Disconnected { what: what.into(), cause, hint: hint.into() }
    }
}

#[async_trait(?Send)]
impl Driver for PushDriver {
    fn name(&self) -> String {
        "Remote controller".to_owned()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        let mut arrivals = self.inbox.arrivals();
        if !self.is_there() {
            // Either way the next look says whether it is there.
            let _ = timeout(CONNECT_WAIT, arrivals.changed()).await;
        }
        if self.is_there() { Ok(()) } else { Err(self.gone("waiting for the controller")) }
    }

    fn pace(&self) -> Pace {
        Pace::Told
    }

    async fn arrival(&mut self) {
        let mut arrivals = self.inbox.arrivals();
        loop {
            if self.inbox.has_news() {
                return;
            }
            let Some(stale_at) = self.stale_at() else { return };
            tokio::select! {
                _ = arrivals.changed() => {}
                () = sleep_until(stale_at) => return,
            }
        }
    }

    async fn read(&mut self, _: usize, sample: &mut Sample) -> Result<(), DriverError> {
        (0..self.channels.len()).for_each(|channel| sample.keep(channel));
        let Some(batch) = self.inbox.next() else {
            return if self.is_there() { Ok(()) } else { Err(self.gone("listening to the controller")) };
        };
        for datum in &batch.data {
            let Some(channel) = self.channels.get(datum.channel) else { continue };
            sample.set(datum.channel, channel.unit.inward(datum.value));
        }
        if let Some(newest) = batch.data.iter().map(|datum| datum.at).max() {
            sample.taken_at(newest);
        }
        match self.inbox.take_lost() {
            0 => Ok(()),
            lost => Err(DriverError::Garbled {
                what: "listening to the controller".into(),
                cause: format!("{lost} messages came faster than they could be read and are lost"),
                hint: "send several values in one message".into(),
            }),
        }
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        self.inbox.want(order.channel(), order.native());
        Ok(Applied::default())
    }

    fn promise(&mut self, order: &Admitted) -> Option<Promise> {
        let (inbox, channel, wanted) = (self.inbox.clone(), order.channel(), order.native());
        let limit = Duration::from_millis(self.config.ack_timeout_ms);
        let confirmed = async move {
            let mut arrivals = inbox.arrivals();
            while !inbox.seen(channel).is_some_and(|seen| (seen - wanted).abs() <= SAME * wanted.abs().max(1.0)) {
                // The sender lives in the inbox that this future holds.
                let _ = arrivals.changed().await;
            }
        };
        let after_ms = self.config.ack_timeout_ms;
        Some(
            async move {
                timeout(limit, confirmed).await.map_err(|_| DriverError::Timeout {
                    what: "waiting for a reading that shows the new value: not confirmed".into(),
                    after_ms,
                    hint: "does the controller fetch /api/v1/datapoints/latest, and send this channel's tag?".into(),
                })
            }
            .boxed_local(),
        )
    }

    async fn disconnect(&mut self) {}
}

#[cfg(test)]
mod tests;
