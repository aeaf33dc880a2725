//! What the house itself finds in readings: sensors that are silent or stuck, heat that does not come or comes unasked.
//!
//! Heat is judged over three spans of time, each a third of what is configured. Nobody knows the temperature that a burner should
//! make: at an equilibrium, or at the boil, full heat raises nothing. So only what cannot be is an alarm: a cold machine that stays
//! cold, or any that grows colder in and from span to span, under half of its heat or more; and one that grows hotter so under none.
//! Beans that cool the drum at CHARGE leave one span of three in which it warms up.

use std::collections::VecDeque;

use super::Facts;
use super::cause::number;
use crate::model::alarm::{BuiltIn, Cry};
use crate::model::channel::{ChannelTable, OutputClass, Role};
use crate::model::reading::{Missing, MissingReason, POLLS_UNTIL_LOST, Value};
use crate::model::spec::{MachineKind, MachineSpec, VerifyHeat};
use crate::model::time::MonoMs;

const SPANS: usize = 3;
/// From this share of its range on an output heats in earnest.
const HEATS: f64 = 0.5;
/// What an operator's hand may take back without having lowered the heat. Share of the range.
const LOWERED: f64 = 0.02;
/// What a temperature must change to rise or to fall. Unit: °C per minute.
const MOVES_C_PER_MIN: f64 = 1.0;
/// Below this nothing is at its equilibrium with half of the heat on. Unit: °C.
const COLD_C: f64 = 60.0;
/// What another sensor must have moved for one that stood still to be stuck. Unit: °C.
const MOVED_C: f64 = 10.0;
/// Fewer readings of one value say nothing.
const STUCK_SAMPLES: u32 = 6;

/// Looks at every reading of one machine.
#[derive(Debug, Clone)]
pub(super) struct Senses {
    channels: std::sync::Arc<ChannelTable>,
    heat: Option<HeatWatch>,
}

/// What was found: each named alarm with its cry, or with `None` where all is well.
pub(super) type Found = Vec<(BuiltIn, Option<Cry>)>;

impl Senses {
    pub(super) fn new(spec: &MachineSpec) -> Self {
        let heat = spec.verify_heat.and_then(|check| HeatWatch::new(spec, check));
        Self { channels: spec.channels.clone(), heat }
    }

    pub(super) fn step(&mut self, now: MonoMs, facts: &Facts<'_>) -> Found {
        let mut found = vec![(BuiltIn::StaleData, self.silent(facts.values))];
        if let Some(verdict) = self.heat.as_mut().and_then(|heat| heat.step(now, facts.values, &self.channels)) {
            found.extend(verdict);
        }
        found
    }

    fn silent(&self, values: &[Value]) -> Option<Cry> {
        let is_silent = |value: Option<&Value>| {
            matches!(value, Some(Err(Missing {
                reason: MissingReason::Timeout | MissingReason::Garbled | MissingReason::Rejected,
                polls,
            })) if *polls >= POLLS_UNTIL_LOST)
        };
        let sensors = self.channels.iter().filter(|(_, channel)| channel.control().is_none());
        let silent: Vec<&str> =
            sensors.filter(|(i, _)| is_silent(values.get(*i))).map(|(_, channel)| channel.label.as_str()).collect();
        (!silent.is_empty())
            .then(|| Cry::warning(format!("No value from {}: look at the sensor and its wiring", silent.join(", "))))
    }
}

/// Watches heat and what it does.
#[derive(Debug, Clone)]
struct HeatWatch {
    span_ms: u64,
    outputs: Vec<usize>,
    /// All temperature sensors; the one that follows the heat most closely comes first.
    sensors: Vec<usize>,
    is_roaster: bool,
    spans: VecDeque<Span>,
}

#[derive(Debug, Clone)]
struct Span {
    since: MonoMs,
    /// Lowest and highest share of the strongest output; `None` where it was not known throughout.
    heat: Option<(f64, f64)>,
    /// One per sensor.
    sensors: Vec<Seen>,
}

#[derive(Debug, Clone, Copy)]
struct Seen {
    sum: f64,
    samples: u32,
    first: f64,
    last: f64,
    low: f64,
    high: f64,
    /// Whether a value was missing.
    has_gap: bool,
}

impl HeatWatch {
    fn new(spec: &MachineSpec, check: VerifyHeat) -> Option<Self> {
        let controls = spec.channels.controls();
        let outputs: Vec<usize> =
            controls.filter(|(_, _, control)| control.class == OutputClass::Heat).map(|(i, _, _)| i).collect();
        let temperatures = spec.channels.iter().filter(|(_, c)| c.control().is_none() && c.unit.is_temperature());
        let mut sensors: Vec<usize> = temperatures.map(|(i, _)| i).collect();
        // The air is hot at once; beans that were just charged are not.
        let nearest = spec.channels.role(Role::Et).or(spec.channels.role(Role::Bt));
        sensors.sort_by_key(|i| Some(*i) != nearest);
        let span_ms = (check.within_ms / SPANS as u64).max(1);
        let is_roaster = spec.kind == MachineKind::Roaster;
        let is_of_use = !outputs.is_empty() && !sensors.is_empty();
        is_of_use.then(|| Self { span_ms, outputs, sensors, is_roaster, spans: VecDeque::new() })
    }

    /// The verdict, each time a span is over.
    fn step(&mut self, now: MonoMs, values: &[Value], channels: &ChannelTable) -> Option<Found> {
        if self.spans.back().is_some_and(|span| now.since(span.since) >= 2 * self.span_ms) {
            // Nobody knows what was meanwhile.
            self.spans.clear();
        }
        let is_over = self.spans.back().is_none_or(|span| now.since(span.since) >= self.span_ms);
        let verdict = (is_over && self.spans.len() == SPANS).then(|| self.judge(channels));
        if is_over {
            self.spans.push_back(Span {
                since: now,
                heat: Some((1.0, 0.0)),
                sensors: vec![Seen::NONE; self.sensors.len()],
            });
            if self.spans.len() > SPANS {
                self.spans.pop_front();
            }
        }
        let heat = self.asked_for(values, channels);
        if let Some(span) = self.spans.back_mut() {
            span.heat = span.heat.zip(heat).map(|((low, high), now)| (low.min(now), high.max(now)));
            for (seen, sensor) in span.sensors.iter_mut().zip(&self.sensors) {
                seen.take(number(values, *sensor));
            }
        }
        verdict
    }

    /// The share of the strongest output.
    fn asked_for(&self, values: &[Value], channels: &ChannelTable) -> Option<f64> {
        let share = |output: &usize| {
            let channel = channels.get(*output)?;
            Some(channel.control()?.to_fraction(channel.unit.outward(number(values, *output)?)).get())
        };
        self.outputs.iter().map(share).try_fold(0.0, |most: f64, share| share.map(|share| most.max(share)))
    }

    fn judge(&self, channels: &ChannelTable) -> Found {
        let heat: Option<Vec<(f64, f64)>> = self.spans.iter().map(|span| span.heat).collect();
        let heat = heat.unwrap_or_default();
        let heats = !heat.is_empty()
            && heat.iter().all(|(low, _)| *low >= HEATS)
            && heat.iter().all(|(low, _)| *low >= heat[0].1 - LOWERED);
        let rests = !heat.is_empty() && heat.iter().all(|(_, high)| *high <= 0.0);
        let means: Option<Vec<f64>> = self.spans.iter().map(|span| span.sensors.first()?.mean()).collect();
        let means = means.unwrap_or_default();
        let moves = MOVES_C_PER_MIN * self.span_ms as f64 / 60_000.0;
        let is_known = means.len() == SPANS;
        let moved: Vec<f64> = self.spans.iter().filter_map(|span| Some(span.sensors.first()?.moved())).collect();
        let rises =
            is_known && means.windows(2).all(|pair| pair[1] - pair[0] >= moves) && moved.iter().all(|by| *by >= moves);
        let falls =
            is_known && means.windows(2).all(|pair| pair[0] - pair[1] >= moves) && moved.iter().all(|by| *by <= -moves);
        let stays_cold = is_known && means.iter().all(|mean| *mean < COLD_C) && means[SPANS - 1] - means[0] < moves;
        let minutes = (self.span_ms * SPANS as u64) as f64 / 60_000.0;
        let label = |sensor: usize| channels.get(self.sensors[sensor]).map_or("", |channel| channel.label.as_str());
        let stuck = self.stuck(heats);
        vec![
            (BuiltIn::NotHeating, (heats && (falls || stays_cold) && stuck.is_none()).then(|| {
                Cry::critical(format!(
                    "Heat is on for {minutes:.0} min and {} does not rise: look at flame, gas or heater",
                    label(0)
                ))
            })),
            (BuiltIn::HeatUnasked, (rests && rises).then(|| {
                Cry::critical(format!(
                    "{} rises for {minutes:.0} min with all heat off: use the machine's own switch",
                    label(0)
                ))
            })),
            (BuiltIn::StuckSensor, stuck.map(|sensor| {
                Cry::warning(format!(
                    "{} has shown the very same value for {minutes:.0} min while it should have moved: look at the sensor",
                    label(sensor)
                ))
            })),
        ]
    }

    /// A sensor that stood still where it cannot have.
    fn stuck(&self, heats: bool) -> Option<usize> {
        let range = |sensor: usize| {
            let seen = self.spans.iter().filter_map(|span| span.sensors.get(sensor));
            seen.fold(Seen::NONE, |all, seen| all.and(*seen))
        };
        let all: Vec<Seen> = (0..self.sensors.len()).map(range).collect();
        all.iter().enumerate().position(|(i, seen)| {
            let others_moved = all.iter().enumerate().any(|(j, other)| i != j && other.high - other.low >= MOVED_C);
            let stood_still =
                !seen.has_gap && seen.samples >= STUCK_SAMPLES && seen.low.to_bits() == seen.high.to_bits();
            stood_still && (others_moved || (heats && self.is_roaster && seen.low >= COLD_C))
        })
    }
}

impl Seen {
    const NONE: Self = Self {
        sum: 0.0,
        samples: 0,
        first: 0.0,
        last: 0.0,
        low: f64::INFINITY,
        high: f64::NEG_INFINITY,
        has_gap: false,
    };

    fn take(&mut self, value: Option<f64>) {
        let Some(value) = value else {
            self.has_gap = true;
            return;
        };
        *self = self.and(Self {
            sum: value,
            samples: 1,
            first: value,
            last: value,
            low: value,
            high: value,
            has_gap: false,
        });
    }

    fn and(self, other: Self) -> Self {
        Self {
            sum: self.sum + other.sum,
            samples: self.samples + other.samples,
            first: if self.samples == 0 { other.first } else { self.first },
            last: if other.samples == 0 { self.last } else { other.last },
            low: self.low.min(other.low),
            high: self.high.max(other.high),
            has_gap: self.has_gap || other.has_gap,
        }
    }

    fn moved(self) -> f64 {
        self.last - self.first
    }

    fn mean(self) -> Option<f64> {
        (self.samples > 0 && !self.has_gap).then(|| self.sum / f64::from(self.samples))
    }
}
