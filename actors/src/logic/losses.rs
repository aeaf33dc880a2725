//! Losses: what heat depends on may be gone. A sensor that tells nothing, or the people who would see to it. Source: safety
//! design, outputs. Pure: time and who is there are arguments.

use crate::model::channel::{ChannelTable, OutputClass, Role};
use crate::model::reading::Value;
use crate::model::spec::MachineSpec;
use crate::model::time::MonoMs;
use crate::model::units::Unit;

/// How often whoever keeps the watches looks at them. Unit: ms of real time.
pub const LOOK_EVERY_MS: u64 = 100;
/// A loss is noticed this part of its limit earlier: within the limit the safe value is at the device.
const WRITTEN_WITHIN: u64 = 20;
/// Heat with nobody there: told after this. Source: safety design, outputs. Unit: ms of real time.
pub const ALONE_TOLD_AFTER_MS: u64 = 30_000;

/// Watches the sensors that heat depends on.
#[derive(Debug, Clone)]
pub struct SensorWatch {
    /// Unit: ms of the machine's clock.
    limit_ms: u64,
    sensors: Vec<Sensor>,
}

#[derive(Debug, Clone, Copy)]
struct Sensor {
    channel: usize,
    /// When its last good reading was taken.
    good_at: MonoMs,
    /// Whether its last reading was good.
    is_good: bool,
}

impl SensorWatch {
    /// Nothing is lost yet. A machine without heat has nothing to lose.
    pub fn new(spec: &MachineSpec, now: MonoMs) -> Self {
        let heats = spec.channels.controls().any(|(_, _, control)| control.class == OutputClass::Heat);
        let sensors = if heats { heat_sensors(&spec.channels) } else { Vec::new() };
        // A look may come as late as the next one would, and the safe value has its way to the device. A machine whose clock is
        // faster than real time is not poorer for it.
        let loss_ms = spec.safety.sensor_loss_ms;
        let noticed_ms = loss_ms.saturating_sub(LOOK_EVERY_MS + loss_ms / WRITTEN_WITHIN);
        let limit_ms = (noticed_ms as f64 * spec.clock_speed) as u64;
        let sensor = |channel| Sensor { channel, good_at: now, is_good: false };
        Self { limit_ms, sensors: sensors.into_iter().map(sensor).collect() }
    }

    /// Counts anew: a link came up, or somebody re-armed.
    pub fn begin(&mut self, now: MonoMs) {
        for sensor in &mut self.sensors {
            (sensor.good_at, sensor.is_good) = (now, false);
        }
    }

    /// A reading was taken, by channel index; `is_new` says which values it told anew.
    pub fn read(&mut self, at: MonoMs, values: &[Value], is_new: impl Fn(usize) -> bool) {
        for Sensor { channel, good_at, is_good } in &mut self.sensors {
            *is_good = is_new(*channel) && values.get(*channel).is_some_and(|value| value.is_ok());
            if *is_good {
                *good_at = at;
            }
        }
    }

    /// The first sensor that has told nothing for too long, by channel index.
    pub fn lost(&self, now: MonoMs) -> Option<usize> {
        self.sensors.iter().find(|sensor| now.since(sensor.good_at) >= self.limit_ms).map(|sensor| sensor.channel)
    }

    /// Whether the last reading of each was good.
    pub fn is_whole(&self) -> bool {
        self.sensors.iter().all(|sensor| sensor.is_good)
    }
}

/// The sensors that heat depends on: BT and ET; where no channel has such a role, every temperature.
fn heat_sensors(channels: &ChannelTable) -> Vec<usize> {
    let roles: Vec<usize> = [Role::Bt, Role::Et].into_iter().filter_map(|role| channels.role(role)).collect();
    if !roles.is_empty() {
        return roles;
    }
    let is_temperature = |unit: &Unit| matches!(unit, Unit::Celsius | Unit::Fahrenheit);
    let sensors = channels.iter().filter(|(_, channel)| channel.control().is_none() && is_temperature(&channel.unit));
    sensors.map(|(index, _)| index).collect()
}

/// Whether the heat of a machine is looked after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Care {
    /// Somebody is there, or there is no heat.
    Here,
    /// Nobody has been there for long enough to say so; after this much more, heat is switched off. Unit: ms.
    Alone {
        /// Time left.
        left_ms: u64,
    },
    /// Nobody has been there for too long, and heat is on.
    Lost,
}

/// Watches whether somebody who could steer is there while heat is on.
#[derive(Debug, Clone, Default)]
pub struct OperatorWatch {
    limit_ms: Option<u64>,
    /// Since when heat is on and nobody there.
    alone_since: Option<MonoMs>,
    /// Since when heat is off.
    cold_since: Option<MonoMs>,
}

impl OperatorWatch {
    /// `limit_ms`: how long heat may stay on alone, `None` for ever. Unit: ms of real time.
    pub fn new(limit_ms: Option<u64>) -> Self {
        Self { limit_ms, alone_since: None, cold_since: None }
    }

    /// Looks: `seen_at` is when somebody was last there, now for somebody who is.
    ///
    /// Heat that goes off and on again, as a thermostat's does, does not start the count anew before it was off for the whole limit.
    pub fn look(&mut self, now: MonoMs, is_hot: bool, seen_at: MonoMs) -> Care {
        let Some(limit_ms) = self.limit_ms else { return Care::Here };
        self.cold_since = if is_hot { None } else { Some(self.cold_since.unwrap_or(now)) };
        let is_cold = self.cold_since.is_some_and(|since| now.since(since) >= limit_ms);
        if seen_at >= now || is_cold {
            self.alone_since = None;
            return Care::Here;
        }
        if is_hot && self.alone_since.is_none() {
            self.alone_since = Some(now);
        }
        let Some(since) = self.alone_since.map(|since| since.max(seen_at)) else { return Care::Here };
        self.alone_since = Some(since);
        let alone_ms = now.since(since);
        let told_after_ms = ALONE_TOLD_AFTER_MS.min(limit_ms / 2);
        match alone_ms {
            _ if alone_ms >= limit_ms && is_hot => Care::Lost,
            _ if alone_ms >= told_after_ms => Care::Alone { left_ms: limit_ms.saturating_sub(alone_ms) },
            _ => Care::Here,
        }
    }
}

#[cfg(test)]
mod tests;
