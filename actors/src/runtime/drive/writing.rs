//! Writing: orders, safe values, heat that is kept on, and how each of them ended.

use tokio::time::Instant;

use super::{Drive, Entry, Gone, IO_DEADLINE, LOWERING_ATTEMPTS, Link, Listener, Report, SAFE_AGAIN, Stop};
use crate::driver::{Applied, DriverError, ErrorKind};
use crate::logic::gate::Admitted;
use crate::runtime::guarded::guarded;
use crate::runtime::promises::{Ending, Kept};
use crate::runtime::refresh::Failure;

impl<L: Listener> Drive<L> {
    /// Orders first, then what rises, then heat that is to be written again.
    pub(super) async fn apply_waiting(&mut self) -> Result<(), Stop> {
        loop {
            self.apply_orders().await?;
            if let Some(step) = self.rises.due(self.clock.now()) {
                self.rise(step).await?;
                continue;
            }
            let Some(order) = self.refresh.due() else { return Ok(()) };
            self.write_again(&order).await?;
        }
    }

    async fn write_again(&mut self, order: &Admitted) -> Result<(), Stop> {
        // Another one may be in its place already, and have written the safe value.
        if self.pulse.is_revoked() {
            return Err(Stop::Gone);
        }
        let written = self.write(order).await?;
        if let Some(message) = written.as_ref().ok().and_then(|applied| self.objection(order, *applied)) {
            // Another hand was there: that is not written over.
            self.refresh.forget(order.channel());
            return Ok(self.tell(Report::NotRefreshed { message }).await?);
        }
        let failure = self.refresh.written(order, written.is_ok());
        let Err(error) = written else { return Ok(()) };
        let message = error.to_string();
        self.health.write_failed(error.kind(), &message);
        if error.kind() == ErrorKind::Disconnected {
            return Err(self.lost(&error));
        }
        if failure == Some(Failure::First) {
            self.tell(Report::NotRefreshed { message }).await?;
        }
        Ok(())
    }

    async fn apply_orders(&mut self) -> Result<(), Stop> {
        loop {
            self.make_way().await?;
            // What is still to be written is what is urgent, and the safe values.
            if *self.link.borrow() == Link::Unwanted && !self.lanes.has_urgent() {
                return Err(Stop::Unwanted);
            }
            let Some(order) = self.lanes.try_next() else { return Ok(()) };
            if self.lanes.is_outdated(&order) {
                self.tell(Report::Outdated(order)).await?;
                continue;
            }
            self.tell(Report::Writing(order.clone())).await?;
            if self.is_overtaken(&order) {
                if let Some(overtaken) = self.lanes.put_back(order) {
                    self.tell(Report::Overtaken(overtaken)).await?;
                }
                continue;
            }
            // Whether it was confirmed is told to whoever gave it.
            let _ = self.apply(order).await?;
        }
    }

    /// While it was told that an order is written, something came that goes before it or makes it void.
    fn is_overtaken(&self, order: &Admitted) -> bool {
        self.gives_way(order) || *self.link.borrow() == Link::Unwanted && !order.is_at_once()
    }

    /// A STOP waits for one attempt and not for three, and nobody's order is tried again under somebody else's control.
    fn gives_way(&self, order: &Admitted) -> bool {
        !order.is_at_once() && (self.lanes.has_urgent() || self.lanes.is_outdated(order))
    }

    /// What the read-back has against an order that the device took.
    pub(super) fn objection(&self, order: &Admitted, applied: Applied) -> Option<String> {
        let control = self.channels.get(order.channel())?.control()?;
        applied.objection(control, order)
    }

    pub(super) fn confirmed(&mut self, part: &Admitted) {
        self.health.write_confirmed();
        self.refresh.hold(part);
        self.rises.wrote(part, self.clock.now());
    }

    /// Writes every safe value, heat first, each under a deadline and with attempts of its own; one that fails does not keep the
    /// others from being tried. Yields the first failure.
    pub(super) async fn bring_to_safety(&mut self) -> Result<Result<(), String>, Stop> {
        let mut orders = self.safe_orders.clone();
        orders.sort_by_key(|order| !order.lowers_heat());
        let mut made_safe = Ok(());
        for order in orders {
            self.tell(Report::Writing(order.clone())).await?;
            let confirmed = self.apply(order).await?;
            made_safe = made_safe.and(confirmed);
        }
        Ok(made_safe)
    }

    /// Outputs that could not be brought to safety are tried again in a while.
    pub(super) fn settle_entry(&mut self, made_safe: Option<&Result<(), String>>) {
        if let Some(Err(_)) = made_safe {
            self.entry = Entry::SafeFirst;
            self.safe_again = Instant::now() + SAFE_AGAIN;
        } else {
            self.entry = Entry::Clean;
        }
    }

    /// Writes one order and tells how it ended; yields the same. What was read of its channel before is not told any more.
    async fn apply(&mut self, order: Admitted) -> Result<Result<(), String>, Stop> {
        let began = Instant::now();
        self.written.insert(order.channel());
        let attempts = if order.lowers_heat() { LOWERING_ATTEMPTS } else { 1 };
        let mut attempt = 1;
        self.refresh.forget(order.channel());
        if let Some(step) = self.begin_to_rise(&order, began).await? {
            return self.rise(step).await.map(Ok);
        }
        let (result, stop) = loop {
            if self.pulse.is_revoked() {
                return Err(Stop::Gone);
            }
            match self.write(&order).await {
                Ok(Ok(applied)) => {
                    // What is on its way reads back as it was.
                    if let Some(promise) = self.driver.promise(&order) {
                        self.promises.add(order, began, promise);
                        return Ok(Ok(()));
                    }
                    let is_done = self.objection(&order, applied).is_none();
                    if is_done {
                        self.confirmed(&order);
                    }
                    if is_done || attempt == attempts || self.gives_way(&order) {
                        break (Ok(applied), None);
                    }
                    attempt += 1;
                }
                Ok(Err(error)) => {
                    let words = error.to_string();
                    self.health.write_failed(error.kind(), &words);
                    let lost = error.kind() == ErrorKind::Disconnected;
                    if lost || attempt == attempts || self.gives_way(&order) {
                        break (Err(words), lost.then(|| self.lost(&error)));
                    }
                    attempt += 1;
                }
                Err(Stop::Lost { message, kind }) => break (Err(message.clone()), Some(Stop::Lost { message, kind })),
                // Whoever supervises ends what the dead have in hand; a STOP goes to whoever comes next.
                Err(stop) => return Err(stop),
            }
        };
        let confirmed = match &result {
            Ok(applied) => self.objection(&order, *applied).map_or(Ok(()), Err),
            Err(words) => Err(words.clone()),
        };
        self.tell_settled(order, began, result).await?;
        stop.map_or(Ok(confirmed), Err)
    }

    /// Has the driver write.
    pub(super) async fn write(&mut self, order: &Admitted) -> Result<Result<Applied, DriverError>, Stop> {
        let ended = guarded(self.driver.apply(order), IO_DEADLINE, &self.pulse).await;
        self.returned(ended, "writing", IO_DEADLINE)
    }

    pub(super) async fn tell_settled(
        &self,
        order: Admitted,
        began: Instant,
        result: Result<Applied, String>,
    ) -> Result<(), Gone> {
        let latency_ms = u64::try_from(began.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.tell(Report::Settled { order, result, latency_ms }).await
    }

    /// A promise ended, one way or the other.
    pub(super) async fn settle_promise(&self, Kept { order, began, ending }: Kept) -> Result<(), Gone> {
        let outcome = match ending {
            Ending::Overtaken => return self.tell(Report::Overtaken(order)).await,
            Ending::Device(outcome) => outcome,
        };
        match &outcome {
            Ok(()) => self.health.write_confirmed(),
            Err(error) => self.health.write_failed(error.kind(), &error.to_string()),
        }
        let result = outcome.map(|()| Applied::default()).map_err(|error| error.to_string());
        self.tell_settled(order, began, result).await
    }

    /// Waits for those safe values that the device confirms later, but not for long; yields the first that it did not confirm.
    pub(super) async fn await_promises_of_safety(&mut self) -> Result<Result<(), String>, Gone> {
        let until = Instant::now() + IO_DEADLINE;
        while let Some(waits) = self.safe_orders.iter().find(|order| self.promises.is_open(order.channel())) {
            let words = format!("`{}` was not confirmed within {} s", self.name_of(waits), IO_DEADLINE.as_secs());
            let Ok(kept) = tokio::time::timeout_at(until, self.promises.next_kept()).await else {
                return Ok(Err(words));
            };
            let failed = match &kept.ending {
                Ending::Device(Err(error)) => Some(error.to_string()),
                Ending::Device(Ok(())) | Ending::Overtaken => None,
            };
            let is_of_safety = self.safe_orders.iter().any(|order| order.channel() == kept.order.channel());
            self.settle_promise(kept).await?;
            if let Some(words) = failed.filter(|_| is_of_safety) {
                return Ok(Err(words));
            }
        }
        Ok(Ok(()))
    }

    fn name_of(&self, order: &Admitted) -> &str {
        self.channels.get(order.channel()).map_or("", |channel| channel.id.as_str())
    }

    /// Without a link no promise can be kept.
    pub(super) async fn break_promises(&mut self) -> Result<(), Gone> {
        for (order, began) in self.promises.give_up() {
            self.tell_settled(order, began, Err("not confirmed before the link was lost".into())).await?;
        }
        Ok(())
    }
}
