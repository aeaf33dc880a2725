//! Orders that rise step by step: how far each may be is decided in [`logic::rise`](crate::logic::rise).

use tokio::time::Instant;

use super::{Drive, Gone, Listener, Report, Stop};
use crate::driver::ErrorKind;
use crate::logic::gate::Admitted;
use crate::logic::rise::Step;

impl<L: Listener> Drive<L> {
    /// What is urgent ends every rise.
    pub(super) async fn make_way(&mut self) -> Result<(), Gone> {
        if self.lanes.take_urgency() {
            for (order, _) in self.end_rises() {
                self.tell(Report::Overtaken(order)).await?;
            }
        }
        Ok(())
    }

    /// Ends what rises on the order's channel; yields its first step, if it is not to be written at once.
    pub(super) async fn begin_to_rise(&mut self, order: &Admitted, began: Instant) -> Result<Option<Step>, Gone> {
        if let Some((overtaken, _)) = self.end_rise(order.channel()) {
            self.tell(Report::Overtaken(overtaken)).await?;
        }
        let step = self.rises.begin(order, self.clock.now());
        if step.is_some() {
            self.lanes.submit_rising(order.clone(), began);
        }
        Ok(step)
    }

    /// Writes the next part of an order that rises; it ends with the last one, or with the first one that fails.
    pub(super) async fn rise(&mut self, Step { order, part, is_last }: Step) -> Result<(), Stop> {
        let channel = order.channel();
        if self.pulse.is_revoked() {
            return Err(Stop::Gone);
        }
        if self.lanes.has_urgent() {
            // It goes first, and ends what rises.
            return Ok(());
        }
        if !self.lanes.is_rising(&order) {
            // It was taken back, and whoever gave it knows.
            self.end_rise(channel);
            return Ok(());
        }
        if self.lanes.is_outdated(&order) {
            self.end_rise(channel);
            return Ok(self.tell(Report::Outdated(order)).await?);
        }
        self.refresh.forget(channel);
        self.written.insert(channel);
        let written = self.write(&part).await?;
        let objection = written.as_ref().ok().and_then(|applied| self.objection(&part, *applied));
        let ends = is_last || written.is_err() || objection.is_some();
        let mut lost = None;
        let result = match written {
            Ok(applied) => match objection {
                // The whole of it was not tried: what was read back says nothing of that.
                Some(words) if !is_last => Err(words),
                Some(_) => Ok(applied),
                None => {
                    self.confirmed(&part);
                    Ok(applied)
                }
            },
            Err(error) => {
                let words = error.to_string();
                self.health.write_failed(error.kind(), &words);
                lost = (error.kind() == ErrorKind::Disconnected).then(|| self.lost(&error));
                Err(words)
            }
        };
        if !ends {
            self.tell(Report::Risen { channel, native: part.native() }).await?;
        } else if let Some((order, began)) = self.end_rise(channel) {
            self.tell_settled(order, began, result).await?;
        }
        lost.map_or(Ok(()), Err)
    }

    /// Without a link nothing rises.
    pub(super) async fn give_up_rising(&mut self) -> Result<(), Gone> {
        for (order, began) in self.end_rises() {
            self.tell_settled(order, began, Err("it was still rising when the link went".into())).await?;
        }
        Ok(())
    }

    fn end_rises(&mut self) -> Vec<(Admitted, Instant)> {
        self.rises.end_all();
        self.lanes.end_all_rising()
    }

    /// Nothing rises on a channel any more. Yields the order that did, and since when, where nobody has taken it back.
    fn end_rise(&mut self, channel: usize) -> Option<(Admitted, Instant)> {
        self.rises.end(channel);
        self.lanes.end_rising(channel)
    }
}
