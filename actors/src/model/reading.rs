//! Readings: one sampled set of channel values. A value is a number or the reason why there is none.

use std::sync::Arc;

use super::channel::{ChannelTable, Role};
use super::units::{CelsiusPerMinute, Fraction};

/// Why a channel has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MissingReason {
    /// Not read, or for a control not written, since the machine connected.
    NotYet,
    /// The device did not answer in time.
    Timeout,
    /// The device answered with something that cannot be true (bad CRC, wrong length, not a number).
    Garbled,
    /// The device refused (an exception answer).
    Rejected,
    /// There is no link to the device.
    Disconnected,
}

/// No value, why, and for how many polls in a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Missing {
    /// Why.
    pub reason: MissingReason,
    /// Polls in a row without a value, this one included; 0 if there never was one.
    pub polls: u32,
}

/// A channel's value in internal units, or why there is none.
pub type Value = Result<f64, Missing>;

/// How far a channel can be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quality {
    /// Read just now.
    Good,
    /// One or two polls missed.
    Stale,
    /// Three or more polls missed.
    Lost,
}

/// Polls without a value after which a channel counts as lost. Source: safety table, sensor loss.
pub const POLLS_UNTIL_LOST: u32 = 3;

impl Missing {
    /// Missed polls as quality.
    pub fn quality(self) -> Quality {
        if self.polls < POLLS_UNTIL_LOST { Quality::Stale } else { Quality::Lost }
    }
}

/// One sampled set of values, all channels at one moment.
#[derive(Debug, Clone)]
pub struct Reading {
    /// What the indices mean.
    pub channels: Arc<ChannelTable>,
    /// By channel index, internal units. A control's value is what was last applied.
    pub values: Box<[Value]>,
    /// Rate of rise of BT, by least squares; `None` until there is enough to tell.
    pub bt_ror: Option<CelsiusPerMinute>,
    /// Rate of rise of ET.
    pub et_ror: Option<CelsiusPerMinute>,
    /// Which values are new.
    pub news: News,
}

/// Which values of a reading are new.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum News {
    /// All of them: every channel was read.
    #[default]
    All,
    /// These, by channel index in order; the others are still what they were.
    Only(Box<[usize]>),
}

impl News {
    /// Whether the value of a channel is new.
    pub fn includes(&self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Only(indices) => indices.contains(&index),
        }
    }
}

impl Reading {
    /// The value of the channel in a role, if there is one. Unit: °C.
    pub fn role(&self, role: Role) -> Option<f64> {
        self.value(self.channels.role(role)?)
    }

    /// The value of a channel, if there is one. Internal unit.
    pub fn value(&self, index: usize) -> Option<f64> {
        self.values.get(index).copied().and_then(Result::ok)
    }

    /// What was last applied to each control, as wire fractions, by channel index.
    pub fn controls(&self) -> impl Iterator<Item = (usize, Fraction)> + '_ {
        self.channels
            .controls()
            .filter_map(|(i, channel, spec)| Some((i, spec.to_fraction(channel.unit.outward(self.value(i)?)))))
    }

    /// How far a channel can be believed.
    pub fn quality(&self, index: usize) -> Quality {
        match self.values.get(index) {
            Some(Ok(_)) => Quality::Good,
            Some(Err(missing)) => missing.quality(),
            None => Quality::Lost,
        }
    }
}
