//! A program: steps that somebody wrote down for a machine, and what is due of them at a moment.
//!
//! ```text
//!   due(now, values) -> Order     -> confirmed() ---+
//!                    -> Ask       -> answered() ----+--> due again
//!                    -> Wait                        |
//!                    -> Trouble   -> resume(now) ---+
//!                    -> Failed | Finished
//! ```
//! Time stands still between `pause` and `resume`. Whoever resumes a program wants its machine as the program left it: what it
//! had set is ordered again first, heat last.

mod words;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use crate::model::channel::{ChannelTable, ControlSpec, Failsafe, OutputClass};
use crate::model::reading::{Quality, Value};
use crate::model::spec::Condition;
use crate::model::time::MonoMs;

/// A value for a control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Target {
    /// Index of the channel.
    pub channel: usize,
    /// Native unit.
    pub native: f64,
}

/// One step of a program.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Set controls, at once.
    Set(Vec<Target>),
    /// Move a control evenly from where it is.
    Ramp {
        /// Where to.
        to: Target,
        /// How long. Unit: ms of the machine's clock.
        over_ms: u64,
    },
    /// Leave everything as it is.
    Hold {
        /// How long. Unit: ms of the machine's clock.
        ms: u64,
    },
    /// Wait until something is so.
    Wait {
        /// What.
        until: Condition,
        /// How long at most; `None` for ever.
        timeout: Option<Timeout>,
    },
    /// Ask somebody, and wait for the answer.
    Ask {
        /// What to tell.
        message: String,
    },
}

/// The end of somebody's patience.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Timeout {
    /// When. Unit: ms of the machine's clock.
    pub ms: u64,
    /// What then.
    pub then: Then,
}

/// What follows when a wait took too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// Pause; whoever resumes waits as long again.
    Pause,
    /// Go on with the next step.
    Next,
    /// Fail.
    Fail,
}

/// What is due.
#[derive(Debug, Clone, PartialEq)]
pub enum Due {
    /// This order; [`Run::confirmed`] once it is done.
    Order(Target),
    /// Nothing before this moment or the next reading, whichever comes first; `None` waits for readings only.
    Wait(Option<MonoMs>),
    /// Somebody's answer to this: [`Run::answered`].
    Ask(String),
    /// Somebody's help, because of this: the program pauses, and tries again when it is resumed.
    Trouble(String),
    /// The end, because of this.
    Failed(String),
    /// The end: every step was done.
    Finished,
}

/// How a program goes.
#[derive(Debug, Clone)]
pub struct Run {
    channels: Arc<ChannelTable>,
    steps: Arc<[Step]>,
    /// Pace of ramps. Unit: ms.
    tick_ms: u64,
    at: usize,
    stage: Stage,
    pending: VecDeque<Target>,
    /// The last value that each control was set to, the oldest first.
    set: Vec<Target>,
    /// Heat channels for which something was ordered, done or not.
    heated: BTreeSet<usize>,
    paused: Option<MonoMs>,
}

/// How far the present step is.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Stage {
    Ahead,
    Begun {
        at: MonoMs,
        /// Where a ramp began. Native unit.
        from: f64,
        /// When a ramp moves next.
        next: MonoMs,
    },
}

impl Run {
    /// A program that has not begun. Ramps move every `tick_ms` of the machine's clock. The steps name channels of the table.
    pub fn new(steps: Arc<[Step]>, channels: Arc<ChannelTable>, tick_ms: u64) -> Self {
        Self {
            channels,
            steps,
            tick_ms: tick_ms.max(1),
            at: 0,
            stage: Stage::Ahead,
            pending: VecDeque::new(),
            set: Vec::new(),
            heated: BTreeSet::new(),
            paused: None,
        }
    }

    /// What is due now. `values` by channel index, internal units, as read last.
    pub fn due(&mut self, now: MonoMs, values: &[Value]) -> Due {
        loop {
            if let Some(target) = self.pending.front() {
                if self.control(target.channel).is_some_and(|control| control.class == OutputClass::Heat) {
                    self.heated.insert(target.channel);
                }
                return Due::Order(*target);
            }
            let steps = Arc::clone(&self.steps);
            let Some(step) = steps.get(self.at) else { return Due::Finished };
            let due = match self.stage {
                Stage::Ahead => self.begin(step, now, values),
                Stage::Begun { at, from, next } => match step {
                    Step::Set(_) => self.over(),
                    Step::Ramp { to, over_ms } => self.ramp(now, Slope { at, from, to: *to, over_ms: *over_ms }, next),
                    Step::Hold { ms } if now.since(at) >= *ms => self.over(),
                    Step::Hold { ms } => Some(Due::Wait(Some(at + *ms))),
                    Step::Wait { until, timeout } => self.wait(now, at, *until, *timeout, values),
                    Step::Ask { message } => Some(Due::Ask(message.clone())),
                },
            };
            if let Some(due) = due {
                return due;
            }
        }
    }

    /// The order that was due was done.
    pub fn confirmed(&mut self) {
        if let Some(done) = self.pending.pop_front() {
            self.set.retain(|old| old.channel != done.channel);
            self.set.push(done);
        }
    }

    /// Somebody answered what was asked.
    pub fn answered(&mut self) {
        if matches!(self.steps.get(self.at), Some(Step::Ask { .. })) {
            self.over();
        }
    }

    /// Time stands still from here on.
    pub fn pause(&mut self, now: MonoMs) {
        self.paused.get_or_insert(now);
    }

    /// Time goes on; what the program had set is due again.
    pub fn resume(&mut self, now: MonoMs) {
        let Some(since) = self.paused.take() else { return };
        if let Stage::Begun { at, next, .. } = &mut self.stage {
            (*at, *next) = (*at + now.since(since), *next + now.since(since));
        }
        if matches!(self.steps.get(self.at), Some(Step::Set(_))) {
            self.stage = Stage::Ahead;
        }
        self.pending = self.set.iter().copied().collect();
        let channels = &self.channels;
        self.pending.make_contiguous().sort_by_key(|target| is_heat(channels, *target));
    }

    /// What brings the heat that the program ordered to its fail-safe value.
    pub fn safe_targets(&self) -> Vec<Target> {
        let safe = |channel: &usize| match self.control(*channel)?.failsafe {
            Failsafe::Value(native) => Some(Target { channel: *channel, native }),
            Failsafe::Hold => None,
        };
        self.heated.iter().filter_map(safe).collect()
    }

    /// Number of the present step, from 1, and how many there are.
    pub fn position(&self) -> (usize, usize) {
        ((self.at + 1).min(self.steps.len()), self.steps.len())
    }

    fn begin(&mut self, step: &Step, now: MonoMs, values: &[Value]) -> Option<Due> {
        let mut from = 0.0;
        match step {
            Step::Set(targets) => {
                self.pending = targets.iter().copied().collect();
                self.pending.make_contiguous().sort_by_key(|target| turn(&self.channels, *target, values));
            }
            Step::Ramp { to, .. } => match self.shown(to.channel, values).or_else(|| self.last(to.channel)) {
                Some(present) => from = present,
                None => return Some(Due::Trouble(self.unknown_start(to.channel))),
            },
            Step::Hold { .. } | Step::Wait { .. } | Step::Ask { .. } => {}
        }
        self.stage = Stage::Begun { at: now, from, next: now };
        None
    }

    fn over(&mut self) -> Option<Due> {
        self.at += 1;
        self.stage = Stage::Ahead;
        None
    }

    fn ramp(&mut self, now: MonoMs, slope: Slope, next: MonoMs) -> Option<Due> {
        let channel = slope.to.channel;
        let is_over = now.since(slope.at) >= slope.over_ms;
        if now < next && !is_over {
            return Some(Due::Wait(Some(next)));
        }
        let control = self.control(channel)?;
        let native = control.to_native(control.to_fraction(slope.at_moment(now)));
        if self.last(channel) != Some(native) {
            self.pending.push_back(Target { channel, native });
            return None;
        }
        if is_over {
            return self.over();
        }
        let next = (now + self.tick_ms).min(slope.at + slope.over_ms);
        self.stage = Stage::Begun { at: slope.at, from: slope.from, next };
        Some(Due::Wait(Some(next)))
    }

    fn wait(
        &mut self,
        now: MonoMs,
        began: MonoMs,
        until: Condition,
        timeout: Option<Timeout>,
        values: &[Value],
    ) -> Option<Due> {
        let value = values.get(until.channel).copied();
        if let Some(Ok(value)) = value
            && until.comparison.holds(value)
        {
            return self.over();
        }
        let Some(Timeout { ms, then }) = timeout.filter(|timeout| now.since(began) >= timeout.ms) else {
            return Some(match value {
                Some(Err(missing)) if missing.quality() == Quality::Lost => Due::Trouble(self.lost(until.channel)),
                Some(_) | None => Due::Wait(timeout.map(|timeout| began + timeout.ms)),
            });
        };
        let why = self.too_long(until, ms);
        match then {
            Then::Next => self.over(),
            Then::Fail => Some(Due::Failed(why)),
            Then::Pause => {
                self.stage = Stage::Ahead;
                Some(Due::Trouble(why))
            }
        }
    }

    fn control(&self, channel: usize) -> Option<&ControlSpec> {
        self.channels.get(channel)?.control()
    }

    /// What the program last set a control to. Native unit.
    fn last(&self, channel: usize) -> Option<f64> {
        self.set.iter().find(|target| target.channel == channel).map(|target| target.native)
    }

    /// What a channel shows. Native unit.
    fn shown(&self, channel: usize, values: &[Value]) -> Option<f64> {
        Some(self.channels.get(channel)?.unit.outward(values.get(channel).copied()?.ok()?))
    }
}

/// A straight line over time.
#[derive(Debug, Clone, Copy)]
struct Slope {
    at: MonoMs,
    from: f64,
    to: Target,
    over_ms: u64,
}

impl Slope {
    fn at_moment(self, now: MonoMs) -> f64 {
        let gone = now.since(self.at);
        if gone >= self.over_ms {
            return self.to.native;
        }
        self.from + (self.to.native - self.from) * (gone as f64 / self.over_ms as f64)
    }
}

/// When a target of a step has its turn: heat goes down first and up last, so that air and motion are there while it is hot.
fn turn(channels: &ChannelTable, target: Target, values: &[Value]) -> u8 {
    let present = values.get(target.channel).copied().and_then(Result::ok).unwrap_or(0.0);
    let wanted = channels.get(target.channel).map_or(0.0, |channel| channel.unit.inward(target.native));
    match is_heat(channels, target) {
        false => 1,
        true if wanted <= present => 0,
        true => 2,
    }
}

fn is_heat(channels: &ChannelTable, target: Target) -> bool {
    let control = channels.get(target.channel).and_then(|channel| channel.control());
    control.is_some_and(|control| control.class == OutputClass::Heat)
}

#[cfg(test)]
mod tests;
