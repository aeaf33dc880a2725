//! Replay: a cursor over a profile that says what to show, and on request what to write, and when.
//!
//! The profile's own timestamps, divided by the speed, on the real clock. Whoever owns a replay calls [`Replay::step`] at
//! [`Replay::next_due`] and passes on the effects; control moves go through the gate like anybody's.

use std::sync::Arc;

use thiserror::Error;

use crate::model::event::{ReplayPoint, ReplayState, ReplayStatus};
use crate::model::ids::ChannelId;
use crate::model::profile::Profile;
use crate::model::time::{MonoMs, SessionMs};
use crate::model::units::{CelsiusPerMinute, Fraction};

/// Slowest and fastest replay. Source: protocol, `replay_control`.
pub const SPEEDS: std::ops::RangeInclusive<f64> = 0.1..=100.0;

/// Frames in one step; a replay that fell behind (a sleeping computer) catches up in several.
const EFFECTS_PER_STEP: usize = 64;

/// A step at the very moment that [`Replay::next_due`] gave has reached it, whatever the division by the speed lost. Unit: ms.
const ROUNDING_MS: f64 = 1e-6;

/// Whether a replay writes the profile's control moves to the hardware.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Controls {
    /// It only shows them.
    Shown,
    /// It orders them too.
    Applied,
}

/// What is to be done now.
#[derive(Debug, Clone, PartialEq)]
pub enum ReplayEffect {
    /// Show this point.
    Point(ReplayPoint),
    /// Order this control move.
    Move {
        /// Which control.
        channel: ChannelId,
        /// To what.
        value: Fraction,
    },
    /// Tell everybody what the replay is doing.
    Status(ReplayStatus),
}

/// Why a replay cannot begin.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum ReplayFault {
    /// The speed is out of range.
    #[error("a replay runs at 0.1 to 100 times its own speed, not at {0}")]
    Speed(f64),
    /// There is nothing to play.
    #[error("the profile holds no readings: choose another one")]
    Empty,
}

/// A control move of the profile.
#[derive(Debug, Clone)]
struct ControlMove {
    at: u64,
    channel: ChannelId,
    value: Fraction,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Clock {
    /// `position` was reached at `since`.
    Playing {
        since: MonoMs,
        position: f64,
    },
    Paused {
        position: f64,
    },
    Over {
        position: f64,
    },
}

/// A replay under way. All times it is given are real, not the machine's.
#[derive(Debug, Clone)]
pub struct Replay {
    profile: Arc<Profile>,
    speed: f64,
    by: String,
    controls: Controls,
    moves: Vec<ControlMove>,
    clock: Clock,
    next_row: usize,
    next_move: usize,
    is_announced: bool,
}

impl Replay {
    /// A replay that begins now; the first step announces it.
    ///
    /// # Errors
    /// When the speed is out of range or the profile holds no readings.
    pub fn new(
        profile: Arc<Profile>,
        speed: f64,
        by: impl Into<String>,
        controls: Controls,
        now: MonoMs,
    ) -> Result<Self, ReplayFault> {
        if !SPEEDS.contains(&speed) {
            return Err(ReplayFault::Speed(speed));
        }
        if profile.series.timestamp_ms.is_empty() {
            return Err(ReplayFault::Empty);
        }
        let moves = moves_of(&profile);
        let clock = Clock::Playing { since: now, position: 0.0 };
        Ok(Self {
            profile,
            speed,
            by: by.into(),
            controls,
            moves,
            clock,
            next_row: 0,
            next_move: 0,
            is_announced: false,
        })
    }

    /// Holds the position; nothing if it is held or over.
    pub fn pause(&mut self, now: MonoMs) -> Vec<ReplayEffect> {
        let Clock::Playing { .. } = self.clock else { return Vec::new() };
        self.clock = Clock::Paused { position: self.position(now) };
        self.announce(now, ReplayState::Paused)
    }

    /// Goes on from the position; nothing if it plays or is over.
    pub fn resume(&mut self, now: MonoMs) -> Vec<ReplayEffect> {
        let Clock::Paused { position } = self.clock else { return Vec::new() };
        self.clock = Clock::Playing { since: now, position };
        self.announce(now, ReplayState::Playing)
    }

    /// Ends it; nothing if it is over.
    pub fn stop(&mut self, now: MonoMs) -> Vec<ReplayEffect> {
        if self.is_over() {
            return Vec::new();
        }
        self.clock = Clock::Over { position: self.position(now) };
        self.announce(now, ReplayState::Stopped)
    }

    /// Jumps to a moment of the profile, its end if that lies beyond. Control moves in between are not replayed: each control gets
    /// the value it has at that moment, once. Nothing if it is over.
    pub fn seek(&mut self, now: MonoMs, to: SessionMs) -> Vec<ReplayEffect> {
        let to = to.0.min(self.total());
        let state = match &mut self.clock {
            Clock::Over { .. } => return Vec::new(),
            Clock::Paused { position } => {
                *position = to as f64;
                ReplayState::Paused
            }
            Clock::Playing { since, position } => {
                (*since, *position) = (now, to as f64);
                ReplayState::Playing
            }
        };
        self.next_row = self.profile.series.timestamp_ms.partition_point(|&t| t <= to);
        self.next_move = self.moves.partition_point(|m| m.at <= to);
        let mut effects = self.announce(now, state);
        if self.controls == Controls::Applied {
            effects
                .extend(self.values_at(to).map(|m| ReplayEffect::Move { channel: m.channel.clone(), value: m.value }));
        }
        if let Some(row) = self.next_row.checked_sub(1) {
            effects.push(ReplayEffect::Point(self.point(row)));
        }
        effects
    }

    /// What is due by now. Nothing while it is held or over.
    pub fn step(&mut self, now: MonoMs) -> Vec<ReplayEffect> {
        let mut effects = Vec::new();
        if !self.is_announced {
            effects = self.announce(now, ReplayState::Playing);
        }
        let Clock::Playing { .. } = self.clock else { return effects };
        let reached = (self.position(now) + ROUNDING_MS).floor() as u64;
        while effects.len() < EFFECTS_PER_STEP {
            let Some((at, next)) = self.next().filter(|(at, _)| *at <= reached) else { break };
            match next {
                Next::Move => effects.extend(self.take_move()),
                Next::Row => {
                    effects.push(ReplayEffect::Point(self.point(self.next_row)));
                    self.next_row += 1;
                }
                Next::End => {
                    self.clock = Clock::Over { position: at as f64 };
                    effects.extend(self.announce(now, ReplayState::Finished));
                    break;
                }
            }
        }
        effects
    }

    /// When the next step is due; `None` while it is held or over. In the past if it has fallen behind.
    pub fn next_due(&self, now: MonoMs) -> Option<MonoMs> {
        let Clock::Playing { since, position } = self.clock else { return None };
        if !self.is_announced {
            return Some(now);
        }
        let (at, _) = self.next()?;
        let ms = ((at as f64 - position) / self.speed).max(0.0).ceil();
        Some(since + ms as u64)
    }

    /// Whether it was stopped or has played to its end.
    pub fn is_over(&self) -> bool {
        matches!(self.clock, Clock::Over { .. })
    }

    /// What it is doing, for somebody who joins late.
    pub fn status(&self, now: MonoMs) -> ReplayStatus {
        let state = match self.clock {
            Clock::Playing { .. } => ReplayState::Playing,
            Clock::Paused { .. } => ReplayState::Paused,
            Clock::Over { position } if position >= self.total() as f64 => ReplayState::Finished,
            Clock::Over { .. } => ReplayState::Stopped,
        };
        self.status_as(now, state)
    }

    fn status_as(&self, now: MonoMs, state: ReplayState) -> ReplayStatus {
        ReplayStatus {
            profile: self.profile.id,
            state,
            speed: self.speed,
            position: SessionMs(self.position(now).floor() as u64),
            total: SessionMs(self.total()),
            by: self.by.clone(),
        }
    }

    fn announce(&mut self, now: MonoMs, state: ReplayState) -> Vec<ReplayEffect> {
        self.is_announced = true;
        vec![ReplayEffect::Status(self.status_as(now, state))]
    }

    fn position(&self, now: MonoMs) -> f64 {
        match self.clock {
            Clock::Playing { since, position } => {
                (position + now.since(since) as f64 * self.speed).min(self.total() as f64)
            }
            Clock::Paused { position } | Clock::Over { position } => position,
        }
    }

    fn total(&self) -> u64 {
        self.profile.series.timestamp_ms.last().copied().unwrap_or(0).max(self.profile.duration.0)
    }

    /// What comes next and at which moment of the profile; moves before the reading of the same moment, the end last.
    fn next(&self) -> Option<(u64, Next)> {
        let row = self.profile.series.timestamp_ms.get(self.next_row).map(|&t| (t, Next::Row));
        let moved = self.moves.get(self.next_move).map(|m| (m.at, Next::Move));
        let end = (!self.is_over()).then(|| (self.total(), Next::End));
        [moved, row, end].into_iter().flatten().min_by_key(|(at, next)| (*at, *next))
    }

    fn take_move(&mut self) -> Option<ReplayEffect> {
        let due = self.moves.get(self.next_move)?;
        self.next_move += 1;
        (self.controls == Controls::Applied)
            .then(|| ReplayEffect::Move { channel: due.channel.clone(), value: due.value })
    }

    /// The last move of each control up to a moment.
    fn values_at(&self, at: u64) -> impl Iterator<Item = &ControlMove> {
        let past = &self.moves[..self.moves.partition_point(|m| m.at <= at)];
        past.iter()
            .enumerate()
            .filter(|(i, m)| past[i + 1..].iter().all(|later| later.channel != m.channel))
            .map(|(_, m)| m)
    }

    fn point(&self, row: usize) -> ReplayPoint {
        let series = &self.profile.series;
        let value = |column: &[Option<f64>]| column.get(row).copied().flatten();
        let at = series.timestamp_ms.get(row).copied().unwrap_or(0);
        ReplayPoint {
            at: SessionMs(at),
            bt: value(&series.bt),
            et: value(&series.et),
            bt_ror: value(&series.bt_ror).map(CelsiusPerMinute),
            et_ror: value(&series.et_ror).map(CelsiusPerMinute),
            controls: self.shown_at(at),
            total: SessionMs(self.total()),
        }
    }

    fn shown_at(&self, at: u64) -> Vec<(String, Fraction)> {
        let controls = self.profile.controls.iter();
        controls
            .filter_map(|(channel, moves)| {
                let last = moves[..moves.partition_point(|(t, _)| *t <= at)].last()?;
                Some((channel.clone(), Fraction::new(last.1)?))
            })
            .collect()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Move,
    Row,
    End,
}

/// All moves in order of time. What an imported profile holds that no control can be set to is left out.
fn moves_of(profile: &Profile) -> Vec<ControlMove> {
    let mut moves: Vec<ControlMove> = profile
        .controls
        .iter()
        .filter_map(|(channel, moves)| Some((ChannelId::parse(channel).ok()?, moves)))
        .flat_map(|(channel, moves)| {
            moves.iter().filter_map(move |&(at, value)| {
                Some(ControlMove { at, channel: channel.clone(), value: Fraction::new(value)? })
            })
        })
        .collect();
    moves.sort_by_key(|m| m.at);
    moves
}

#[cfg(test)]
mod tests;
