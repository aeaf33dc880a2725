//! The output side of a channel: its range, and the value it takes when nobody is in charge.

use hearth_actors::model::channel::{ControlShape, ControlSpec, Failsafe, OutputClass};
use hearth_actors::model::units::Unit;

use super::channel::{ChannelConfig, ClassConfig, FailsafeConfig, ShapeConfig};
use super::faults::Faults;
use super::modbus::Register;
use super::parse::child;

/// Longest time that an output may take from its lower end to its upper. Unit: s.
const RISE_S_MAX: f64 = 3_600.0;

/// Every native value that a control may ever write.
pub(super) fn written_values(control: &ControlSpec) -> Vec<f64> {
    let ends = match control.shape {
        ControlShape::Slider => [control.min, control.max],
        ControlShape::Toggle { on, off } => [on, off],
    };
    let failsafe = match control.failsafe {
        Failsafe::Value(value) => Some(value),
        Failsafe::Hold => None,
    };
    ends.into_iter().chain(failsafe).chain(control.stop_value).collect()
}

impl ChannelConfig {
    /// Slider or toggle, as written or as it follows from what is known.
    pub(super) fn shape(&self, known: Option<&ControlSpec>) -> ShapeConfig {
        let is_on_coil = self.source.as_ref().is_some_and(|source| source.register == Register::Coil);
        match (self.control, known.map(|k| k.shape)) {
            (Some(shape), _) => shape,
            (None, Some(ControlShape::Toggle { .. })) => ShapeConfig::Toggle,
            (None, Some(ControlShape::Slider)) => ShapeConfig::Slider,
            (None, None) if is_on_coil => ShapeConfig::Toggle,
            (None, None) => ShapeConfig::Slider,
        }
    }

    /// The output side for the heart.
    pub(super) fn to_control(
        &self,
        unit: &Unit,
        known: Option<&ControlSpec>,
        pointer: &str,
        faults: &mut Faults,
    ) -> ControlSpec {
        let faults_before = faults.len();
        let mut control = match self.shape(known) {
            ShapeConfig::Toggle => self.toggle(known, pointer, faults),
            ShapeConfig::Slider => self.slider(unit, known, pointer, faults),
        };
        control.class = self.class.map(ClassConfig::to_model).or(known.map(|k| k.class)).unwrap_or(OutputClass::Other);
        control.has_readback = self.readback.is_some() || known.is_some_and(|k| k.has_readback);
        control.failsafe = self.failsafe_of(&control, known);
        control.stop_value = self.stop_value.or(known.and_then(|k| k.stop_value));
        control.max_rise_per_s = self.max_rise_per_s;
        if faults.len() == faults_before {
            self.check_rise(&control, pointer, faults);
            self.check_safe_values(&control, pointer, faults);
        }
        control
    }

    fn toggle(&self, known: Option<&ControlSpec>, pointer: &str, faults: &mut Faults) -> ControlSpec {
        for (key, given) in [("min", self.min), ("max", self.max), ("step", self.step)] {
            if given.is_some() {
                faults.add(child(pointer, key), "a toggle has on_value and off_value instead");
            }
        }
        let (known_on, known_off) = match known.map(|k| k.shape) {
            Some(ControlShape::Toggle { on, off }) => (on, off),
            Some(ControlShape::Slider) | None => (1.0, 0.0),
        };
        let (on, off) = (self.on_value.unwrap_or(known_on), self.off_value.unwrap_or(known_off));
        if on == off {
            faults.add(child(pointer, "on_value"), format!("must differ from off_value, both are {on}"));
        } else if on < off && self.class == Some(ClassConfig::Heat) {
            // Lower must mean less heat everywhere: interlocks and latches judge by it.
            let detail =
                "must be above off_value for heat: turn the signal around in source (divisor = -1, offset = 1)";
            faults.add(child(pointer, "on_value"), detail);
        }
        blank(ControlShape::Toggle { on, off }, on.min(off), on.max(off), (on - off).abs())
    }

    fn slider(&self, unit: &Unit, known: Option<&ControlSpec>, pointer: &str, faults: &mut Faults) -> ControlSpec {
        for (key, given) in [("on_value", self.on_value), ("off_value", self.off_value)] {
            if given.is_some() {
                faults.add(
                    child(pointer, key),
                    "a slider has min and max instead; for two positions use control = \"toggle\"",
                );
            }
        }
        let usual = match (known, unit) {
            (Some(known), _) => Some((known.min, known.max, known.step)),
            (None, Unit::Percent) => Some((0.0, 100.0, 1.0)),
            (None, _) => None,
        };
        for (key, given) in [("min", self.min), ("max", self.max)] {
            if given.is_none() && usual.is_none() {
                faults.add(child(pointer, key), "is missing: only percent has a usual range, 0 to 100");
            }
        }
        let (usual_min, usual_max, usual_step) = usual.unwrap_or((0.0, 100.0, 0.0));
        let (min, max) = (self.min.unwrap_or(usual_min), self.max.unwrap_or(usual_max));
        let step = self.step.unwrap_or(usual_step);
        if min >= max {
            faults.add(child(pointer, "max"), format!("must be above min, which is {min}"));
        } else if self.step.is_some() && !(0.0..=max - min).contains(&step) {
            faults.add(child(pointer, "step"), format!("use 0 (no grid) to {}, the width of the range", max - min));
        }
        blank(ControlShape::Slider, min, max, step)
    }

    fn failsafe_of(&self, control: &ControlSpec, known: Option<&ControlSpec>) -> Failsafe {
        match (self.failsafe, control.class, control.shape) {
            (Some(FailsafeConfig::Value(value)), _, _) => Failsafe::Value(value),
            (Some(FailsafeConfig::Hold), _, _) => Failsafe::Hold,
            (None, OutputClass::Heat, ControlShape::Toggle { off, .. }) => Failsafe::Value(off),
            (None, OutputClass::Heat, ControlShape::Slider) => Failsafe::Value(0.0),
            (None, _, _) => known.map_or(Failsafe::Hold, |k| k.failsafe),
        }
    }

    fn check_rise(&self, control: &ControlSpec, pointer: &str, faults: &mut Faults) {
        let Some(per_s) = self.max_rise_per_s else { return };
        let detail = match control.shape {
            ControlShape::Toggle { .. } => "a toggle is on or off: leave it out".to_owned(),
            // What takes longer than an hour will never arrive.
            ControlShape::Slider if per_s * RISE_S_MAX < control.max - control.min => {
                format!(
                    "use at least {}, or it would take longer than an hour",
                    (control.max - control.min) / RISE_S_MAX
                )
            }
            ControlShape::Slider => return,
        };
        faults.add(child(pointer, "max_rise_per_s"), detail);
    }

    fn check_safe_values(&self, control: &ControlSpec, pointer: &str, faults: &mut Faults) {
        let right = range_in_words(control);
        let heats = control.class == OutputClass::Heat;
        match control.failsafe {
            Failsafe::Value(value) if !control.accepts(value) => {
                let whose = if self.failsafe.is_some() { "" } else { ", which heat has where nothing is said," };
                let hold = if heats { "" } else { " or \"hold\", which keeps the present value" };
                faults.add(child(pointer, "failsafe"), format!("{value}{whose} cannot be written: {right}{hold}"));
            }
            Failsafe::Hold if heats => {
                let detail =
                    format!("heat must not stay as it is when nobody is in charge: {right}, mostly the lowest");
                faults.add(child(pointer, "failsafe"), detail);
            }
            Failsafe::Value(_) | Failsafe::Hold => {}
        }
        match (control.stop_value, control.failsafe) {
            (Some(value), _) if !control.accepts(value) => {
                faults.add(child(pointer, "stop_value"), format!("{value} cannot be written: {right}"));
            }
            (Some(value), Failsafe::Value(safe)) if heats && value > safe => {
                let detail =
                    format!("{value} is more heat than failsafe, which is {safe}: use no more, or leave it out");
                faults.add(child(pointer, "stop_value"), detail);
            }
            _ => {}
        }
    }
}

/// What may be written, to people.
pub(super) fn range_in_words(control: &ControlSpec) -> String {
    match control.shape {
        ControlShape::Slider => format!("use {} to {}", control.min, control.max),
        ControlShape::Toggle { on, off } => format!("use {off} or {on}"),
    }
}

fn blank(shape: ControlShape, min: f64, max: f64, step: f64) -> ControlSpec {
    ControlSpec {
        shape,
        min,
        max,
        step,
        class: OutputClass::Other,
        failsafe: Failsafe::Hold,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    }
}
