//! What a panel may set a device to: the body of its request, read as leniently as the known server reads it.

use hearth_actors::model::channel::{Channel, ControlShape, ControlSpec};
use hearth_actors::model::units::Fraction;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::device::DeviceKind;
use super::lenient::{Fault, flag, number, whole, within};

/// Fastest speed of a motor. Source: wire contract 4.
const SPEED_MAX: f64 = 255.0;
/// Widest angle of a servo. Source: wire contract 4. Unit: degrees.
const ANGLE_MAX: f64 = 180.0;
/// The names a value may have in a body.
const FIELDS: [&str; 4] = ["speed", "angle", "state", "value"];

/// What a device is set to: one of these, the one that fits it.
#[derive(Debug, Clone, PartialEq, JsonSchema)]
#[schemars(example = json!({ "speed": 150 }))]
pub struct NewState {
    /// Of a motor.
    #[schemars(default, range(min = 0, max = 255))]
    pub speed: Option<u8>,
    /// Of a servo, taken to the nearest whole degree, halves to the even one.
    #[schemars(default, range(min = 0, max = 180))]
    pub angle: Option<f64>,
    /// Of a valve: whether it is open.
    #[schemars(default)]
    pub state: Option<bool>,
    /// Of any other control: a number in its native unit, or whether it is on.
    #[schemars(default)]
    pub value: Option<Value>,
}

/// Why a body sets nothing.
#[derive(Debug, Clone, PartialEq)]
pub enum Unfit {
    /// It is not for this device.
    NotForThis(String),
    /// These of its fields cannot be.
    Invalid(Vec<Issue>),
}

/// One fault of a body.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Issue {
    /// A word to match on.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where: `body`, then the field.
    pub loc: Vec<&'static str>,
    /// What would be right.
    pub msg: String,
    /// What was sent.
    pub input: Value,
    /// The limit, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ctx: Option<Value>,
}

/// What is wanted of a control.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Wanted {
    Native(f64),
    Flag(bool),
}

/// Reads what a device shall be set to, as a share of what it can.
///
/// # Errors
/// What is wrong with the body; all of its faults at once.
pub fn read(body: &Value, channel: &Channel) -> Result<Fraction, Unfit> {
    let kind = DeviceKind::of(channel);
    let Some(spec) = channel.control() else {
        let what = if kind == DeviceKind::TemperatureSensor { "Temperature sensors" } else { "Sensors" };
        return Err(Unfit::NotForThis(format!("{what} are read-only devices")));
    };
    let mut form = Form::of(body)?;
    let speed = form.take("speed", |value| within(whole(value)?, 0.0, SPEED_MAX));
    let angle = form.take("angle", |value| within(number(value)?, 0.0, ANGLE_MAX));
    let state = form.take("state", flag);
    let other = if kind == DeviceKind::Control { form.take("value", |value| fitting(value, spec)) } else { None };
    form.must_be_faultless()?;
    let (name, wanted) = match kind {
        DeviceKind::Motor => ("speed", speed.map(Wanted::Native)),
        DeviceKind::Servo => ("angle", angle.map(|angle| Wanted::Native(angle.round_ties_even()))),
        DeviceKind::Valve => ("state", state.map(Wanted::Flag)),
        DeviceKind::Control | DeviceKind::TemperatureSensor | DeviceKind::Sensor => ("value", other),
    };
    match wanted {
        None => Err(Unfit::NotForThis(format!("{} devices require '{name}' field ({})", noun(kind), range(spec)))),
        Some(Wanted::Flag(on)) => Ok(if on { Fraction::ONE } else { Fraction::ZERO }),
        // This one may go less far than others of its kind.
        Some(Wanted::Native(native)) => {
            form.take(name, |_| within(native, spec.min, spec.max));
            form.must_be_faultless().map(|()| spec.to_fraction(native))
        }
    }
}

/// A device as it is called in messages.
pub fn noun(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Motor => "Motor",
        DeviceKind::Servo => "Servo",
        DeviceKind::Valve => "Valve",
        DeviceKind::TemperatureSensor => "Temperature sensor",
        DeviceKind::Control => "Control",
        DeviceKind::Sensor => "Sensor",
    }
}

/// A body that is no JSON.
pub fn no_json(why: &str) -> Issue {
    let ctx = Some(json!({ "error": why }));
    Issue { kind: "json_invalid", loc: vec!["body"], msg: "JSON decode error".into(), input: json!({}), ctx }
}

fn range(spec: &ControlSpec) -> String {
    match spec.shape {
        ControlShape::Toggle { .. } => "true/false".to_owned(),
        ControlShape::Slider => format!("{}-{}", spec.min, spec.max),
    }
}

/// The fields of a body, and what is wrong with them.
struct Form<'a> {
    fields: &'a Map<String, Value>,
    issues: Vec<Issue>,
}

impl<'a> Form<'a> {
    fn of(body: &'a Value) -> Result<Self, Unfit> {
        let fault = |kind, msg: &str| {
            let issue = Issue { kind, loc: vec!["body"], msg: msg.to_owned(), input: body.clone(), ctx: None };
            Unfit::Invalid(vec![issue])
        };
        let Value::Object(fields) = body else {
            return Err(fault("model_attributes_type", "Input should be a valid dictionary or object"));
        };
        if FIELDS.iter().all(|name| fields.get(*name).is_none_or(Value::is_null)) {
            return Err(fault("value_error", "Value error, At least one field must be provided"));
        }
        Ok(Self { fields, issues: Vec::new() })
    }

    /// The value of a field, if it is there and can be.
    fn take<T>(&mut self, name: &'static str, read: impl Fn(&Value) -> Result<T, Fault>) -> Option<T> {
        let input = self.fields.get(name).filter(|value| !value.is_null())?;
        let note = |Fault { kind, msg, ctx }| {
            self.issues.push(Issue { kind, loc: vec!["body", name], msg, input: input.clone(), ctx });
        };
        read(input).map_err(note).ok()
    }

    fn must_be_faultless(&mut self) -> Result<(), Unfit> {
        let issues = std::mem::take(&mut self.issues);
        if issues.is_empty() { Ok(()) } else { Err(Unfit::Invalid(issues)) }
    }
}

fn fitting(value: &Value, spec: &ControlSpec) -> Result<Wanted, Fault> {
    match spec.shape {
        ControlShape::Toggle { .. } => flag(value).map(Wanted::Flag),
        ControlShape::Slider => number(value).map(Wanted::Native),
    }
}

#[cfg(test)]
mod tests {
    use hearth_actors::model::channel::{ChannelKind, DeviceType, Failsafe, OutputClass};
    use hearth_actors::model::ids::{ChannelId, EndpointId};
    use hearth_actors::model::units::Unit;
    use proptest::prelude::*;

    use super::*;

    fn channel(device: Option<DeviceType>, kind: ChannelKind) -> Channel {
        Channel {
            id: ChannelId::parse("it").unwrap(),
            tag: "it_01".into(),
            endpoint: EndpointId(1),
            group: "controls".into(),
            device,
            label: "It".into(),
            role: None,
            unit: Unit::None,
            kind,
        }
    }

    fn control(device: Option<DeviceType>, shape: ControlShape, max: f64) -> Channel {
        let (class, failsafe) = (OutputClass::Other, Failsafe::Hold);
        let spec = ControlSpec {
            shape,
            min: 0.0,
            max,
            step: 0.0,
            class,
            failsafe,
            stop_value: None,
            max_rise_per_s: None,
            has_readback: false,
        };
        channel(device, ChannelKind::Control(spec))
    }

    fn motor() -> Channel {
        control(Some(DeviceType::Motor), ControlShape::Slider, 255.0)
    }

    fn servo() -> Channel {
        control(Some(DeviceType::Servo), ControlShape::Slider, 180.0)
    }

    fn valve() -> Channel {
        control(Some(DeviceType::Valve), ControlShape::Toggle { on: 1.0, off: 0.0 }, 1.0)
    }

    /// What the device would be set to, in its native unit.
    fn set(channel: &Channel, body: Value) -> f64 {
        channel.control().unwrap().to_native(read(&body, channel).unwrap_or_else(|unfit| panic!("{body}: {unfit:?}")))
    }

    fn issues(channel: &Channel, body: Value) -> Vec<(&'static str, Vec<&'static str>)> {
        match read(&body, channel) {
            Err(Unfit::Invalid(issues)) => issues.into_iter().map(|issue| (issue.kind, issue.loc)).collect(),
            other => panic!("{body}: {other:?}"),
        }
    }

    #[test]
    fn a_device_is_set_by_its_own_field() {
        assert_eq!(set(&motor(), json!({"speed": 150, "colour": "red", "angle": null})).round(), 150.0);
        assert_eq!(set(&servo(), json!({"angle": 45})), 45.0);
        assert_eq!(set(&valve(), json!({"state": true})), 1.0);
        assert_eq!(set(&control(None, ControlShape::Slider, 40.0), json!({"value": 10})), 10.0);
        let lamp = control(None, ControlShape::Toggle { on: 5.0, off: 2.0 }, 5.0);
        assert_eq!((set(&lamp, json!({"value": true})), set(&lamp, json!({"value": false}))), (5.0, 2.0));
    }

    #[test]
    fn half_a_degree_goes_to_the_even_one() {
        for (asked, taken) in [(90.5, 90.0), (91.5, 92.0), (0.5, 0.0), (179.5, 180.0), (12.3, 12.0)] {
            assert_eq!(set(&servo(), json!({ "angle": asked })).round(), taken, "{asked}");
        }
    }

    #[test]
    fn what_the_known_server_takes_for_a_value_is_one_here() {
        assert_eq!(set(&motor(), json!({"speed": "10"})).round(), 10.0);
        assert_eq!(set(&motor(), json!({"speed": true})).round(), 1.0);
        assert_eq!(set(&motor(), json!({"speed": 10.0})).round(), 10.0);
        assert_eq!(set(&servo(), json!({"angle": "45.2"})).round(), 45.0);
        for yes in [json!("on"), json!("Yes"), json!(1)] {
            assert_eq!(set(&valve(), json!({ "state": yes })), 1.0, "{yes}");
        }
    }

    #[test]
    fn the_field_of_another_device_is_told_apart_from_a_wrong_one() {
        let not_for = |channel: &Channel, body: Value| match read(&body, channel) {
            Err(Unfit::NotForThis(words)) => words,
            other => panic!("{other:?}"),
        };
        assert_eq!(not_for(&motor(), json!({"angle": 10})), "Motor devices require 'speed' field (0-255)");
        assert_eq!(not_for(&servo(), json!({"state": true})), "Servo devices require 'angle' field (0-180)");
        assert_eq!(not_for(&valve(), json!({"speed": 1})), "Valve devices require 'state' field (true/false)");
        let heater = control(None, ControlShape::Slider, 100.0);
        assert_eq!(not_for(&heater, json!({"speed": 1})), "Control devices require 'value' field (0-100)");
        let thermometer = channel(Some(DeviceType::TemperatureSensor), ChannelKind::Sensor);
        assert_eq!(not_for(&thermometer, json!({"value": 1})), "Temperature sensors are read-only devices");
        assert_eq!(not_for(&channel(None, ChannelKind::Sensor), json!({})), "Sensors are read-only devices");
    }

    #[test]
    fn all_faults_are_told_at_once_and_each_by_its_name() {
        let body = json!({"speed": 256, "angle": -1, "state": "maybe"});
        assert_eq!(
            issues(&motor(), body),
            [
                ("less_than_equal", vec!["body", "speed"]),
                ("greater_than_equal", vec!["body", "angle"]),
                ("bool_parsing", vec!["body", "state"]),
            ]
        );
        let faults = [
            (json!(1.5), "int_from_float"),
            (json!("fast"), "int_parsing"),
            (json!("1.5"), "int_parsing"),
            (json!("inf"), "int_parsing"),
            (json!([1]), "int_type"),
            (json!({}), "int_type"),
            (json!(-1), "greater_than_equal"),
            (json!(1e300), "less_than_equal"),
        ];
        for (speed, kind) in faults {
            assert_eq!(issues(&motor(), json!({ "speed": speed })), [(kind, vec!["body", "speed"])], "{speed}");
        }
        assert_eq!(issues(&servo(), json!({"angle": [1]}))[0].0, "float_type");
        assert_eq!(issues(&servo(), json!({"angle": "NaN"}))[0].0, "float_parsing");
        assert_eq!(issues(&valve(), json!({"state": []}))[0].0, "bool_type");
        assert_eq!(issues(&valve(), json!({"state": 2}))[0].0, "bool_parsing");
    }

    #[test]
    fn a_body_without_any_field_or_that_is_no_object_is_invalid_as_a_whole() {
        for empty in [json!({}), json!({"speed": null}), json!({"colour": 1})] {
            assert_eq!(issues(&motor(), empty), [("value_error", vec!["body"])]);
        }
        for no_object in [json!([]), json!("x"), json!(null), json!(5)] {
            assert_eq!(issues(&motor(), no_object), [("model_attributes_type", vec!["body"])]);
        }
    }

    #[test]
    fn a_device_that_goes_less_far_than_its_kind_says_how_far() {
        let slow = control(Some(DeviceType::Motor), ControlShape::Slider, 100.0);
        let Err(Unfit::Invalid(issues)) = read(&json!({"speed": 200}), &slow) else { panic!() };
        assert_eq!(issues[0].msg, "Input should be less than or equal to 100");
        assert_eq!(issues[0].ctx, Some(json!({"le": 100.0})));
    }

    proptest! {
        #[test]
        fn nothing_outside_its_range_is_ever_ordered(speed in any::<f64>(), angle in any::<f64>()) {
            if read(&json!({ "speed": speed }), &motor()).is_ok() {
                prop_assert!((0.0..=255.0).contains(&speed) && speed.fract() == 0.0);
            }
            if read(&json!({ "angle": angle }), &servo()).is_ok() {
                prop_assert!((0.0..=180.0).contains(&angle));
            }
        }
    }
}
