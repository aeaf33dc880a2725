//! Orders that rise step by step: how far each may be is decided in [`logic::rise`](crate::logic::rise).

use tokio::time::Instant;

use super::{Drive, Gone, IO_DEADLINE, Listener, Report, Stop};
use crate::driver::ErrorKind;
use crate::logic::gate::Admitted;
use crate::logic::rise::Step;
use crate::runtime::guarded::guarded;

impl<L: Listener> Drive<L> {
    /// What is urgent ends every rise.
    pub(super) async fn make_way(&mut self) -> Result<(), Gone> {
        if self.lanes.take_urgency() {
            for order in self.rises.end_all() {
                self.tell(Report::Overtaken(order)).await?;
            }
        }
        Ok(())
    }

    /// Ends what rises on the order's channel; yields its first step, if it is not to be written at once.
    pub(super) async fn begin_to_rise(&mut self, order: &Admitted, began: Instant) -> Result<Option<Step>, Gone> {
        if let Some(overtaken) = self.rises.end(order.channel()) {
            self.tell(Report::Overtaken(overtaken)).await?;
        }
        let step = self.rises.begin(order, self.clock.now());
        if step.is_some() {
            self.rising_since.insert(order.channel(), began);
        }
        Ok(step)
    }

    /// Writes the next part of an order that rises; it ends with the last one, or with the first one that fails.
    pub(super) async fn rise(&mut self, Step { order, part, is_last }: Step) -> Result<(), Stop> {
        let channel = order.channel();
        if self.pulse.is_revoked() {
            return Err(Stop::Gone);
        }
        if self.lanes.is_outdated(&order) {
            self.rises.end(channel);
            return Ok(self.tell(Report::Outdated(order)).await?);
        }
        self.refresh.forget(channel);
        let written = guarded(self.driver.apply(&part), IO_DEADLINE, &self.pulse).await;
        let written = self.returned(written, "writing", IO_DEADLINE)?;
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
        if ends {
            self.rises.end(channel);
            let began = self.rising_since.remove(&channel).unwrap_or_else(Instant::now);
            self.tell_settled(order, began, result).await?;
        } else {
            self.tell(Report::Risen { channel, native: part.native() }).await?;
        }
        lost.map_or(Ok(()), Err)
    }

    /// Without a link nothing rises.
    pub(super) async fn give_up_rising(&mut self) -> Result<(), Gone> {
        for order in self.rises.end_all() {
            let began = self.rising_since.remove(&order.channel()).unwrap_or_else(Instant::now);
            self.tell_settled(order, began, Err("it was still rising when the link went".into())).await?;
        }
        Ok(())
    }
}
