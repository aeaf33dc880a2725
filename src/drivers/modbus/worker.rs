//! What a bus thread does: takes one request after the other, keeps the line open, and keeps a silent unit from costing the
//! others their turn.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::bus::{Job, Lane, Line};
use super::failure::Failure;
use super::link::{AfterFault, Connection, Framing, OpenLine};
use super::op::{Op, Reply};
use super::units::{Neighbours, Units};

/// Pause after the first failed attempt to open a line. Unit: ms.
const REOPEN_MS: u64 = 100;
/// Longest pause is `REOPEN_MS << REOPEN_DOUBLINGS_MAX` = 1.6 s, so that a line is back within 2 s after its adapter.
const REOPEN_DOUBLINGS_MAX: u32 = 4;

/// Silence before a frame to a network adapter, which keeps t3.5 on its wire itself: time for a stray frame to arrive and be
/// thrown away.
const GATEWAY_GAP: Duration = Duration::from_millis(5);

const REPEATED: &str = "the line repeats what is sent, and this may have been no more";
const UNPROVEN_HINT: &str = "order it again; a longer timeout_ms may help";

/// How a configured line is opened.
pub fn opener(line: &Line) -> OpenLine {
    match line.clone() {
        Line::Serial(serial) => Box::new(move || {
            let serial = serial.clone();
            Box::pin(async move {
                let framing = Framing::Rtu { gap: serial.gap(), after_fault: AfterFault::Keep };
                Ok(Connection::new(Box::new(serial.open()?), framing))
            })
        }),
        Line::Gateway(address) => Box::new(move || {
            let address = address.clone();
            Box::pin(async move {
                let framing = Framing::Rtu { gap: GATEWAY_GAP, after_fault: AfterFault::Reopen };
                Ok(Connection::new(Box::new(address.dial().await?), framing))
            })
        }),
    }
}

/// The owner of one line.
pub struct Worker<'a> {
    name: &'a str,
    open: &'a OpenLine,
    connection: Option<Connection>,
    units: Units,
    reopening: Option<Reopening>,
    /// Reads that wait until a late answer to the question before can no longer come.
    held: Vec<(Instant, Job)>,
}

/// A line that could not be opened, and when to try again.
struct Reopening {
    failures: u32,
    not_before: Instant,
    last: Failure,
}

impl<'a> Worker<'a> {
    /// Nothing open, nothing known.
    pub fn new(name: &'a str, open: &'a OpenLine) -> Self {
        Self { name, open, connection: None, units: Units::default(), reopening: None, held: Vec::new() }
    }

    /// Serves requests, urgent ones first, until the queues have no sender left.
    pub async fn serve(&mut self, urgent: &mut Receiver<Job>, ordinary: &mut Receiver<Job>) {
        loop {
            let due = self.held.iter().map(|(at, _)| *at).min();
            let job = tokio::select! {
                biased;
                job = urgent.recv() => match job {
                    Some(job) => job,
                    // Nobody is left who would wait for anything.
                    None => return,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => match self.take_due() {
                    Some(job) => job,
                    None => continue,
                },
                Some(job) = ordinary.recv() => job,
            };
            self.attend(job).await;
        }
    }

    fn take_due(&mut self) -> Option<Job> {
        let now = Instant::now();
        let index = self.held.iter().position(|(at, _)| *at <= now)?;
        Some(self.held.swap_remove(index).1)
    }

    async fn attend(&mut self, job: Job) {
        let now = Instant::now();
        // Nobody waits for it: sending it now would act behind the caller's back.
        if job.reply.is_closed() {
            return;
        }
        if now > job.start_by {
            let hint = "its turn did not come in time: raise sampling_interval_ms or the baud rate".into();
            let late = silent_for(&job, hint);
            return answer(job, Err(late));
        }
        if matches!(job.op, Op::Read { .. }) {
            if job.lane == Lane::Ordinary
                && let Some(rest) = self.units.rest(job.unit, now)
            {
                let resting = silent_for(&job, resting_hint(rest));
                return answer(job, Err(resting));
            }
            if let Some(until) = self.units.late_answer_until(job.unit, now) {
                return self.held.push((until, job));
            }
        }
        let result = self.ask(&job).await;
        answer(job, result);
    }

    async fn ask(&mut self, job: &Job) -> Result<Reply, Failure> {
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => self.reopen().await?,
        };
        let mut result = connection.call(job.unit, job.op, job.limit).await;
        if result.is_ok()
            && let Some(look) = connection.doubt(job.op)
        {
            result = match connection.call(job.unit, look, job.limit).await {
                Err(failure) if !failure.is_from_device() => Err(failure),
                _ if connection.repeats() => Err(Failure::garbled(REPEATED, UNPROVEN_HINT)),
                _ => result,
            };
        }
        if connection.is_reusable() && !matches!(result, Err(Failure::Broken { .. })) {
            self.connection = Some(connection);
        }
        let now = Instant::now();
        let proves = self.units.proves(job.unit, job.op, now);
        self.learn(job, &result, now);
        if result.is_ok() && !proves {
            return Err(Failure::garbled("the answer may be that to the order before, which came late", UNPROVEN_HINT));
        }
        result.map_err(|failure| self.explain_silence(job.unit, failure))
    }

    async fn reopen(&mut self) -> Result<Connection, Failure> {
        let now = Instant::now();
        if let Some(reopening) = self.reopening.as_ref().filter(|r| now < r.not_before) {
            return Err(reopening.last.clone());
        }
        let failures = self.reopening.take().map_or(0, |r| r.failures);
        match (self.open)().await {
            Ok(connection) => Ok(connection),
            Err(failure) => {
                tracing::debug!(line = self.name, ?failure, "line cannot be opened");
                let pause = Duration::from_millis(REOPEN_MS << failures.min(REOPEN_DOUBLINGS_MAX));
                self.reopening = Some(Reopening {
                    failures: failures.saturating_add(1),
                    not_before: Instant::now() + pause,
                    last: failure.clone(),
                });
                Err(failure)
            }
        }
    }

    fn learn(&mut self, job: &Job, result: &Result<Reply, Failure>, now: Instant) {
        match result {
            Ok(_) => self.units.answered(job.unit, job.op, false, now, job.limit),
            Err(failure @ Failure::Refused(_)) if failure.is_from_device() => {
                self.units.answered(job.unit, job.op, true, now, job.limit);
            }
            // A gateway says that it waited for the unit in vain.
            Err(Failure::Refused(_) | Failure::Silent { .. } | Failure::Noise { .. }) => {
                self.units.silent(job.unit, job.op, now, job.limit);
            }
            Err(Failure::Broken { .. }) if matches!(job.op, Op::Read { .. }) => {}
            // An adapter that closed its connection may send what comes later over the next.
            Err(Failure::Garbled { .. } | Failure::Broken { .. }) => {
                self.units.unanswered(job.unit, job.op, now, job.limit);
            }
        }
    }

    fn explain_silence(&self, unit: u8, failure: Failure) -> Failure {
        let Failure::Silent { after_ms, .. } = failure else { return failure };
        let hint = match self.units.neighbours(unit, Instant::now()) {
            Neighbours::Answer => {
                format!(
                    "unit {unit} is silent, others on this bus answer: check its address, its wiring and timeout_ms"
                )
            }
            Neighbours::Silent => {
                "nobody on this bus answers: check power, the A and B wires, baud rate and parity".into()
            }
            Neighbours::None => {
                format!("unit {unit} is silent: check power, the A and B wires, its address, baud rate and parity")
            }
        };
        Failure::Silent { after_ms, hint }
    }
}

fn resting_hint(rest: Duration) -> String {
    format!("it was silent before and is asked again in {} ms, so that others get their turn", rest.as_millis())
}

fn silent_for(job: &Job, hint: String) -> Failure {
    Failure::Silent { after_ms: u64::try_from(job.limit.as_millis()).unwrap_or(u64::MAX), hint }
}

fn answer(job: Job, result: Result<Reply, Failure>) {
    // The caller may have left while the device was thinking: then nobody needs to know.
    let _ = job.reply.send(result);
}
