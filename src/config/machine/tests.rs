use hearth_actors::model::alarm::Severity;
use hearth_actors::model::channel::{ControlShape, Failsafe, OutputClass};
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::spec::{AlarmAction, Comparison, DetectionSpec, Forced, Quantity, VerifyHeat};
use hearth_actors::model::units::{Fraction, Unit};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The machine of the wire contract's section 1.3, with the airflow its interlock speaks of.
fn documented() -> Value {
    json!({"id":"machine-a","name":"Drum 5 kg","kind":"roaster","autoconnect":true,"sampling_interval_ms":1000,
     "driver":{"type":"modbus_tcp","host":"192.168.1.20","port":502,"unit_id":1,"timeout_ms":400,"word_order":"low_first"},
     "channels":[
      {"id":"bt","role":"bt","kind":"sensor","unit":"celsius","source":{"register":"holding","address":0,"type":"i16","divisor":10}},
      {"id":"et","role":"et","kind":"sensor","unit":"celsius","source":{"register":"input","address":3,"type":"i16","divisor":10}},
      {"id":"burner","kind":"control","class":"heat","min":0,"max":100,"step":1,"unit":"percent","failsafe":0,
       "source":{"register":"holding","address":100,"type":"u16"},"readback":{"register":"input","address":20,"type":"u16"}},
      {"id":"airflow","kind":"control","class":"air","source":{"register":"holding","address":101}},
      {"id":"drum","kind":"control","control":"toggle","source":{"register":"coil","address":4}}],
     "detection":{"charge":true,"drop":true,"turning_point":true,"dry_end_bt":150,"first_crack_bt":null},
     "alarms":[{"id":"high_bt","when":{"channel":"bt","above":230,"deadband":2,"delay_ms":1000},"severity":"warning","message":"BT exceeded 230C"}],
     "interlocks":[{"id":"air_before_fire","blocks":{"channel":"burner","above":0},"unless":[{"channel":"airflow","at_least":20}],"message":"Open the air first"}],
     "safety":{"on_sensor_loss_ms":10000,"operator_loss_ms":120000}})
}

/// A Modbus machine with these channels and, besides, what `more` holds.
fn modbus(channels: Value, more: Value) -> Value {
    let mut machine = json!({"id":"m","driver":{"type":"modbus_tcp","host":"h"},"channels":channels});
    for (key, value) in more.as_object().into_iter().flatten() {
        machine[key] = value.clone();
    }
    machine
}

fn register(mut channel: Value) -> Value {
    channel["source"] = json!({"register":"holding","address":1,"type":"f32"});
    channel
}

fn spec(document: Value) -> MachineSpec {
    MachineConfig::parse(document).expect("sound").to_spec().expect("sound")
}

fn told(document: Value) -> Vec<String> {
    let faults = MachineConfig::parse(document).expect_err("faulty");
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect()
}

fn only_fault(document: Value) -> String {
    let found = told(document);
    assert_eq!(found.len(), 1, "{found:#?}");
    found[0].clone()
}

fn control(spec: &MachineSpec, id: &str) -> hearth_actors::model::channel::ControlSpec {
    let index = spec.channels.find(id).expect(id);
    spec.channels.get(index).and_then(Channel::control).expect(id).clone()
}

#[test]
fn the_documented_machine_is_understood() {
    let spec = spec(documented());
    assert_eq!((spec.id.as_str(), spec.name.as_str(), spec.clock_speed), ("machine-a", "Drum 5 kg", 1.0));
    assert_eq!(spec.channels.len(), 5);
    assert_eq!(spec.channels.get(0).map(|c| (c.tag.as_str(), c.label.as_str())), Some(("machine-a.bt", "BT")));
    let burner = control(&spec, "burner");
    assert_eq!((burner.class, burner.failsafe), (OutputClass::Heat, Failsafe::Value(0.0)));
    assert!(burner.has_readback);
    let airflow = control(&spec, "airflow");
    assert_eq!((airflow.min, airflow.max, airflow.step, airflow.failsafe), (0.0, 100.0, 1.0, Failsafe::Hold));
    assert_eq!(control(&spec, "drum").shape, ControlShape::Toggle { on: 1.0, off: 0.0 });
    let alarm = &spec.alarms[0];
    assert_eq!(
        (alarm.when[0].condition.comparison, alarm.when[0].deadband, alarm.delay_ms),
        (Comparison::Above(230.0), 2.0, 1_000)
    );
    let interlock = &spec.interlocks[0];
    assert_eq!(interlock.blocks.map(|blocks| blocks.comparison), Some(Comparison::Above(0.0)));
    assert_eq!(interlock.unless[0].comparison, Comparison::AtLeast(20.0));
    assert_eq!(spec.detection, DetectionSpec { first_crack_bt: None, ..DetectionSpec::default() });
}

#[test]
fn a_machine_is_written_as_it_was_read() {
    let machine = MachineConfig::parse(documented()).expect("sound");
    let written = serde_json::to_value(&machine).expect("writable");
    assert_eq!(
        written["alarms"],
        json!([{"id":"high_bt","when":{"channel":"bt","above":230.0,"deadband":2.0,"delay_ms":1000},"severity":"warning","message":"BT exceeded 230C"}])
    );
    assert_eq!(written["driver"]["type"], "modbus_tcp");
    assert_eq!(written["safety"], documented()["safety"]);
    assert_eq!(written["channels"][3].get("min"), None, "what was left out stays out");
    assert_eq!(MachineConfig::parse(written), Ok(machine));
}

#[test]
fn toml_and_json_mean_the_same() {
    let text = toml::to_string(&MachineConfig::parse(documented()).expect("sound")).expect("writable as TOML");
    let from_toml: Value = toml::from_str(&text).expect("TOML");
    let mut expected = documented();
    // TOML has no null: what is turned off there must be written as false.
    expected["detection"]["first_crack_bt"] = json!(false);
    let parsed = MachineConfig::parse(from_toml).expect("sound");
    assert_eq!(
        parsed.to_spec().map(|s| s.detection),
        MachineConfig::parse(expected).and_then(|m| m.to_spec()).map(|s| s.detection)
    );
}

#[test]
fn a_simulator_needs_no_channels() {
    let spec = spec(json!({"id":"demo-1","driver":{"type":"simulator","speed":10}}));
    assert_eq!((spec.name.as_str(), spec.clock_speed, spec.sampling_interval_ms), ("Demo 1", 10.0, 1_000));
    assert!(spec.autoconnect);
    assert_eq!(
        spec.channels.role(Role::Bt).and_then(|i| spec.channels.get(i)).map(|c| c.tag.as_str()),
        Some("demo-1.bt")
    );
    assert_eq!(control(&spec, "burner").class, OutputClass::Heat);
}

#[test]
fn a_simulators_channel_is_known_without_many_words() {
    let spec = spec(json!({"id":"d","driver":{"type":"simulator"},"channels":[{"id":"burner","max":80},{"id":"bt"}]}));
    let burner = control(&spec, "burner");
    assert_eq!((burner.max, burner.class, burner.failsafe), (80.0, OutputClass::Heat, Failsafe::Value(0.0)));
    assert_eq!(spec.channels.get(1).map(|c| (c.role, c.unit.clone())), Some((Some(Role::Bt), Unit::Celsius)));
    let fault = only_fault(json!({"id":"d","driver":{"type":"simulator"},"channels":[{"id":"gas","kind":"control"}]}));
    assert!(fault.starts_with("/channels/0/id the simulator has no channel `gas`; it has bt, et,"), "{fault}");
}

#[test]
fn limits_of_a_fahrenheit_channel_go_inward_as_celsius() {
    let bt = register(json!({"id":"bt","role":"bt","kind":"sensor","unit":"fahrenheit"}));
    let spec = spec(modbus(
        json!([bt]),
        json!({"alarms":[
            {"id":"a","when":{"channel":"bt","above":446,"deadband":9}},
            {"id":"b","when":{"channel":"bt","below":212},"severity":"critical"}]}),
    ));
    assert_eq!(spec.alarms[0].when[0].condition.comparison, Comparison::Above(230.0));
    assert_eq!(spec.alarms[0].when[0].deadband, 5.0);
    assert_eq!((spec.alarms[0].severity, spec.alarms[0].delay_ms), (Severity::Warning, 2_000));
    assert_eq!(spec.alarms[1].when[0].condition.comparison, Comparison::Below(100.0));
    assert_eq!((spec.alarms[1].when[0].deadband, spec.alarms[1].delay_ms), (2.0, 0), "2 °C, at once when critical");
    assert_eq!(spec.alarms[1].message, "BT below 212 °F is reached");
}

#[test]
fn what_is_not_a_temperature_has_a_deadband_of_its_span() {
    let channels = json!([
        register(json!({"id":"air","kind":"control","unit":"pascal","min":0,"max":500})),
        register(json!({"id":"setpoint","kind":"control","unit":"celsius","min":0,"max":500})),
        register(json!({"id":"gas","kind":"sensor","unit":"mbar"}))
    ]);
    let alarm = |channel: &str| json!({"id":channel,"when":{"channel":channel,"at_least":50}});
    let spec = spec(modbus(channels, json!({"alarms":[alarm("air"), alarm("setpoint"), alarm("gas")]})));
    let deadbands: Vec<f64> = spec.alarms.iter().map(|alarm| alarm.when[0].deadband).collect();
    assert_eq!(deadbands, [5.0, 5.0, 0.5]);
}

#[test]
fn heat_is_off_when_nobody_is_in_charge_and_the_rest_holds() {
    for (class, expected) in [
        ("heat", Failsafe::Value(0.0)),
        ("motion", Failsafe::Hold),
        ("air", Failsafe::Hold),
        ("cool", Failsafe::Hold),
        ("other", Failsafe::Hold),
    ] {
        let spec = spec(modbus(json!([register(json!({"id":"x","kind":"control","class":class}))]), json!({})));
        assert_eq!(control(&spec, "x").failsafe, expected, "{class}");
    }
    let two = json!({"id":"x","kind":"control","control":"toggle","class":"heat","on_value":5,"off_value":2});
    assert_eq!(control(&spec(modbus(json!([register(two)]), json!({}))), "x").failsafe, Failsafe::Value(2.0));
}

#[test]
fn a_failsafe_that_cannot_be_written_is_refused() {
    let heat = |more: Value| {
        let mut channel = json!({"id":"x","kind":"control","class":"heat","min":20,"max":250,"unit":"celsius"});
        for (key, value) in more.as_object().into_iter().flatten() {
            channel[key] = value.clone();
        }
        modbus(json!([register(channel)]), json!({}))
    };
    assert!(
        only_fault(heat(json!({}))).starts_with("/channels/0/failsafe 0, which heat has where nothing is said, cannot")
    );
    assert!(
        only_fault(heat(json!({"failsafe":300})))
            .starts_with("/channels/0/failsafe 300 cannot be written: use 20 to 250")
    );
    assert!(only_fault(heat(json!({"failsafe":"off"}))).contains("expected a number or \"hold\", found \"off\""));
    assert!(
        only_fault(heat(json!({"failsafe":20,"stop_value":0})))
            .starts_with("/channels/0/stop_value 0 cannot be written")
    );
}

#[test]
fn heat_that_would_stay_on_with_nobody_in_charge_is_refused() {
    let heat = |more: Value| {
        let mut channel = json!({"id":"x","kind":"control","class":"heat","min":0,"max":100});
        channel.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        modbus(json!([register(channel)]), json!({}))
    };
    assert_eq!(
        only_fault(heat(json!({"failsafe":"hold"}))),
        "/channels/0/failsafe heat must not stay as it is when nobody is in charge: use 0 to 100, mostly the lowest"
    );
    assert_eq!(
        only_fault(heat(json!({"failsafe":10,"stop_value":20}))),
        "/channels/0/stop_value 20 is more heat than failsafe, which is 10: use no more, or leave it out"
    );
    let pilot = spec(heat(json!({"failsafe":10,"stop_value":0})));
    assert_eq!(control(&pilot, "x").stop_value, Some(0.0));
    let air =
        spec(modbus(json!([register(json!({"id":"x","kind":"control","class":"air","failsafe":"hold"}))]), json!({})));
    assert_eq!(control(&air, "x").failsafe, Failsafe::Hold);
    let simulated = json!({"id":"m","driver":{"type":"simulator"},"channels":[{"id":"burner","failsafe":"hold"}]});
    assert!(only_fault(simulated).starts_with("/channels/0/failsafe heat must not stay"));
}

#[test]
fn how_fast_an_output_may_rise_is_checked() {
    let control_with = |more: Value| {
        let mut channel = json!({"id":"x","kind":"control","min":0,"max":100});
        channel.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        modbus(json!([register(channel)]), json!({}))
    };
    let slow = spec(control_with(json!({"max_rise_per_s":5})));
    assert_eq!(control(&slow, "x").max_rise_per_s, Some(5.0));
    for too_slow in [0.0, -5.0, 0.02] {
        let fault = only_fault(control_with(json!({"max_rise_per_s":too_slow})));
        assert!(fault.starts_with("/channels/0/max_rise_per_s use at least 0.02"), "{fault}");
    }
    let toggle = json!({"id":"x","kind":"control","control":"toggle","max_rise_per_s":1});
    let fault = only_fault(modbus(json!([register(toggle)]), json!({})));
    assert_eq!(fault, "/channels/0/max_rise_per_s a toggle is on or off: leave it out");
    let fault = only_fault(modbus(json!([register(json!({"id":"x","kind":"sensor","max_rise_per_s":1}))]), json!({})));
    assert!(fault.starts_with("/channels/0/max_rise_per_s only a control has it"), "{fault}");
    let push = json!({"id":"m","driver":{"type":"push"},"channels":[{"id":"x","kind":"control","max_rise_per_s":5}]});
    assert!(only_fault(push).starts_with("/channels/0/max_rise_per_s its controller sets it at its own pace"));
}

#[test]
fn what_an_interlock_forces_is_checked() {
    let with = |interlocks: Value| {
        let channels = json!([
            register(json!({"id":"bt","kind":"sensor"})),
            register(json!({"id":"air","kind":"control","class":"air","min":0,"max":100})),
            register(json!({"id":"burner","kind":"control","class":"heat","min":0,"max":100})),
        ]);
        modbus(channels, json!({"interlocks": interlocks}))
    };
    let unless = json!([{"channel":"bt","below":250}]);
    let forces = |channel: &str, value: f64| json!({"channel":channel,"value":value});
    let sound = spec(with(json!([{"id":"i","unless":unless,"forces":forces("air", 100.0)}])));
    assert_eq!(sound.interlocks[0].forces, Some(Forced { channel: 1, native: 100.0 }));
    assert_eq!(sound.interlocks[0].message, "BT below 250 is needed");
    for (interlock, words) in [
        (json!({"id":"i","unless":unless}), "/interlocks/0 say what it blocks or what it forces"),
        (json!({"id":"i","forces":forces("air", 100.0)}), "/interlocks/0/unless is missing: without it"),
        (
            json!({"id":"i","unless":unless,"forces":forces("air", 101.0)}),
            "/interlocks/0/forces/value 101 cannot be written: use 0",
        ),
        (
            json!({"id":"i","unless":unless,"forces":forces("bt", 1.0)}),
            "/interlocks/0/forces/channel `bt` is a sensor, nothing",
        ),
        (json!({"id":"i","unless":unless,"forces":forces("x", 1.0)}), "/interlocks/0/forces/channel no channel `x`"),
        (
            json!({"id":"i","unless":unless,"forces":forces("burner", 1.0)}),
            "/interlocks/0/forces/value 1 is more heat than",
        ),
    ] {
        let fault = only_fault(with(json!([interlock])));
        assert!(fault.starts_with(words), "{fault}");
    }
    let two = |to: f64| {
        json!([
            {"id":"one","unless":unless,"forces":forces("air", 100.0)},
            {"id":"two","unless":unless,"forces":forces("air", to)},
        ])
    };
    assert_eq!(spec(with(two(100.0))).interlocks.len(), 2);
    let fault = only_fault(with(two(50.0)));
    assert_eq!(fault, "/interlocks/1/forces/value `one` forces it to 100: two that force one output must agree");
}

#[test]
fn a_heat_toggle_that_is_on_when_low_is_refused() {
    let relay = json!({"id":"x","kind":"control","control":"toggle","class":"heat","on_value":0,"off_value":1});
    assert!(
        only_fault(modbus(json!([register(relay)]), json!({})))
            .starts_with("/channels/0/on_value must be above off_value")
    );
}

#[test]
fn ranges_that_make_no_sense_are_refused() {
    for (channel, start) in [
        (json!({"id":"x","kind":"control","min":10,"max":10}), "/channels/0/max must be above min"),
        (json!({"id":"x","kind":"control","step":-1}), "/channels/0/step use 0"),
        (json!({"id":"x","kind":"control","on_value":1}), "/channels/0/on_value a slider has min and max"),
        (json!({"id":"x","kind":"control","control":"toggle","min":1}), "/channels/0/min a toggle has on_value"),
        (json!({"id":"x","kind":"control","control":"toggle","on_value":0}), "/channels/0/on_value must differ"),
        (json!({"id":"x","kind":"sensor","class":"heat"}), "/channels/0/class only a control has it"),
        (json!({"id":"x","kind":"sensor","unit":"%"}), "/channels/0/unit write percent"),
        (json!({"id":"x","kind":"sensor","role":"bt","unit":"percent"}), "/channels/0/unit a channel with a role is"),
        (json!({"id":"x y","kind":"sensor"}), "/channels/0/id `x y` is not a valid id"),
        (json!({"id":"x","kind":"sensor","tag":"a b"}), "/channels/0/tag use 1 to 128"),
        (json!({"id":"x"}), "/channels/0/kind is missing: expected sensor or control"),
    ] {
        let fault = only_fault(modbus(json!([register(channel)]), json!({})));
        assert!(fault.starts_with(start), "{fault}");
    }
    let found = told(modbus(json!([register(json!({"id":"x","kind":"control","unit":"rpm"}))]), json!({})));
    assert_eq!(found.len(), 2, "min and max: {found:?}");
}

#[test]
fn a_control_is_checked_against_what_its_register_can_hold() {
    let mut channel = json!({"id":"x","kind":"control","min":-10,"max":10,"failsafe":0});
    channel["source"] = json!({"register":"holding","address":1});
    assert!(
        only_fault(modbus(json!([channel.clone()]), json!({}))).starts_with("/channels/0/source/type -10 would be")
    );
    channel["source"]["register"] = json!("input");
    channel["source"]["type"] = json!("i16");
    assert!(only_fault(modbus(json!([channel]), json!({}))).starts_with("/channels/0/source/register "));
}

#[test]
fn a_source_is_needed_on_modbus_and_refused_on_a_simulator() {
    let fault = only_fault(modbus(json!([{"id":"x","kind":"sensor"}]), json!({})));
    assert!(fault.starts_with("/channels/0/source is missing"), "{fault}");
    let fault = only_fault(json!({"id":"m","driver":{"type":"simulator"},"channels":[register(json!({"id":"bt"}))]}));
    assert!(fault.starts_with("/channels/0/source only a Modbus machine has registers"), "{fault}");
    assert!(only_fault(modbus(json!([]), json!({}))).starts_with("/channels is missing"));
}

#[test]
fn rules_refer_to_channels_that_are_there() {
    let channels =
        json!([register(json!({"id":"bt","kind":"sensor"})), register(json!({"id":"fan","kind":"control"}))]);
    let with = |more: Value| only_fault(modbus(channels.clone(), more));
    let fault = with(json!({"alarms":[{"id":"a","when":{"channel":"beans","above":1}}]}));
    assert_eq!(fault, "/alarms/0/when/channel no channel `beans`; this machine has bt, fan");
    let fault = with(json!({"alarms":[{"id":"a","when":{"channel":"bt","above":1,"below":2}}]}));
    assert_eq!(
        fault,
        "/alarms/0/when expected exactly one of above, below, at_least, at_most, equals, found above and below"
    );
    let fault = with(json!({"alarms":[{"id":"a","when":{"channel":"bt"}}]}));
    assert!(fault.ends_with("found none"), "{fault}");
    let fault = with(json!({"interlocks":[{"id":"i","blocks":{"channel":"bt","above":1}}]}));
    assert_eq!(fault, "/interlocks/0/blocks/channel `bt` is a sensor, nothing is ordered there; this machine has fan");
    let fault = with(
        json!({"interlocks":[{"id":"i","blocks":{"channel":"fan","above":1},"unless":[{"channel":"x","above":1}]}]}),
    );
    assert!(fault.starts_with("/interlocks/0/unless/0/channel no channel `x`"), "{fault}");
}

#[test]
fn ids_tags_and_roles_are_unique() {
    let bt = |id: &str, tag: &str| register(json!({"id":id,"kind":"sensor","role":"bt","tag":tag}));
    let alarm = json!({"id":"a","when":{"channel":"x","above":1}});
    let found = told(modbus(json!([bt("x", "t"), bt("x", "t")]), json!({"alarms":[alarm, alarm]})));
    let starts = [
        "/channels/1/id `x` is taken by channels[0]",
        "/channels/1/tag `t` is taken by channels[0]",
        "/channels more than one channel has the role bt",
        "/alarms/1/id `a` is taken by alarms[0]",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (fault, start) in found.iter().zip(starts) {
        assert!(fault.starts_with(start), "{fault}");
    }
}

#[test]
fn a_driver_that_is_not_known_is_told_with_those_that_are() {
    let known = "simulator, modbus_tcp, modbus_rtu, modbus_rtu_over_tcp or push";
    for (driver, expected) in [
        (json!({"type":"can", "bus": 0}), format!("/driver/type `can` is not known here; use {known}")),
        (json!({"bus": 0}), format!("/driver/type is missing: expected {known}")),
        (json!({"type":3}), format!("/driver/type `3` is not known here; use {known}")),
        (json!(null), "/driver expected a table, found nothing".to_owned()),
    ] {
        let machine = json!({"id":"m","kind":"kettel","driver":driver,"channels":[{"id":"x","kind":"sensor"}],
            "alarms":[{"id":"a","when":{"channel":"y","above":1}}]});
        let mut found = told(machine);
        assert_eq!(found.remove(0), expected);
        assert_eq!(found.len(), 2, "kind and alarm are told besides, and nothing that only follows: {found:?}");
    }
    assert_eq!(only_fault(json!({"id":"m"})), "/driver is missing: expected a table");
    let fault = only_fault(
        json!({"id":"m","driver":{"type":"modbus_tcp","host":"h","baud":9600},"channels":[register(json!({"id":"x","kind":"sensor"}))]}),
    );
    assert!(fault.starts_with("/driver/baud unknown key; known here: host, port,"), "{fault}");
}

#[test]
fn a_dry_end_in_fahrenheit_is_caught_and_detection_can_be_turned_off() {
    let with = |detection: Value| json!({"id":"m","driver":{"type":"simulator"},"detection":detection});
    assert!(only_fault(with(json!({"dry_end_bt":302}))).starts_with("/detection/dry_end_bt use 50 to 300 °C"));
    assert!(only_fault(with(json!({"dry_end_bt":true}))).contains("expected a number, or false for none"));
    for off in [json!(false), json!(null)] {
        assert_eq!(spec(with(json!({"dry_end_bt":off}))).detection.dry_end_bt, None);
    }
    assert_eq!(spec(with(json!({}))).detection, DetectionSpec::default());
}

#[test]
fn figures_have_ends() {
    let found = told(json!({"id":"m","name":" ","sampling_interval_ms":49,"driver":{"type":"simulator"},
        "safety":{"on_sensor_loss_ms":1,"operator_loss_ms":5,"verify_heat_ms":29_999},
        "alarms":[{"id":"a","when":{"channel":"bt","above":1,"deadband":-1,"delay_ms":3_600_001u64}}]}));
    let places: Vec<&str> = found.iter().filter_map(|fault| fault.split(' ').next()).collect();
    assert_eq!(
        places,
        [
            "/name",
            "/sampling_interval_ms",
            "/safety/on_sensor_loss_ms",
            "/safety/verify_heat_ms",
            "/safety/operator_loss_ms",
            "/alarms/0/when/deadband",
            "/alarms/0/when/delay_ms"
        ]
    );
    let sound = json!({"id":"m","driver":{"type":"simulator"},"safety":{"operator_loss_ms":0}});
    assert!(MachineConfig::parse(sound).is_ok(), "0 is for ever");
}

/// A machine with BT in °F and a burner, and one alarm.
fn with_alarm(alarm: Value) -> Value {
    let channels = json!([
        register(json!({"id":"bt","role":"bt","kind":"sensor","unit":"fahrenheit"})),
        register(json!({"id":"burner","kind":"control","min":0,"max":50,"class":"heat","unit":"percent"})),
    ]);
    modbus(channels, json!({"alarms":[alarm]}))
}

#[test]
fn an_alarm_says_what_else_must_hold_and_what_it_does() {
    let spec = spec(with_alarm(json!({
        "id":"run_away","severity":"critical","actions":[{"set":{"channel":"burner","to":25}},{"mark":"DROP"},{"stop":true}],
        "when":{"channel":"bt","of":"rate","above":45,"off_delay_ms":9_000,"after":"FCs","during":["recording"],
            "and":[{"channel":"burner","at_least":10,"deadband":4}]},
    })));
    let [rule] = &spec.alarms[..] else { panic!("one alarm") };
    let [rate, burner] = &rule.when[..] else { panic!("two conditions") };
    assert_eq!(rate.quantity, Quantity::Rate);
    assert_eq!(rate.condition.comparison, Comparison::Above(25.0), "45 °F per minute are 25 °C per minute");
    assert_eq!((rate.deadband, burner.deadband, burner.quantity), (2.5, 4.0, Quantity::Value));
    assert_eq!((rule.delay_ms, rule.off_delay_ms, rule.latching), (0, 9_000, true), "what stops the machine latches");
    assert_eq!((rule.after, &rule.during[..]), (Some(MarkKind::FirstCrackStart), &[SessionState::Recording][..]));
    let half = Fraction::clamped(0.5);
    let actions = [AlarmAction::Set { channel: 1, value: half }, AlarmAction::Mark(MarkKind::Drop), AlarmAction::Stop];
    assert_eq!(rule.actions, actions);
    assert_eq!(rule.message, "rate of BT above 45 °F/min and Burner at least 10 % is reached");
}

#[test]
fn an_alarm_that_cannot_be_is_told_at_its_place() {
    let and = vec![json!({"channel":"bt","above":1}); 9];
    for (alarm, place) in [
        (json!({"id":"a","when":{"channel":"bt","above":1,"and":[{"channel":"bt"}]}}), "/alarms/0/when/and/0 "),
        (json!({"id":"a","when":{"channel":"bt","above":1,"and":and}}), "/alarms/0/when/and "),
        (json!({"id":"a","when":{"channel":"bt","above":1,"after":"fcs"}}), "/alarms/0/when/after "),
        (
            json!({"id":"a","when":{"channel":"bt","above":1,"off_delay_ms":3_600_001u64}}),
            "/alarms/0/when/off_delay_ms ",
        ),
        (json!({"id":"a","when":{"channel":"bt","above":1},"actions":[{}]}), "/alarms/0/actions/0 "),
        (json!({"id":"a","when":{"channel":"bt","above":1},"actions":[{"stop":false}]}), "/alarms/0/actions/0 "),
        (
            json!({"id":"a","when":{"channel":"bt","above":1},"actions":[{"stop":true,"mark":"DROP"}]}),
            "/alarms/0/actions/0 ",
        ),
        (
            json!({"id":"a","when":{"channel":"bt","above":1},"actions":[{"set":{"channel":"bt","to":1}}]}),
            "/alarms/0/actions/0/set/channel ",
        ),
        (
            json!({"id":"a","when":{"channel":"bt","above":1},"actions":[{"set":{"channel":"burner","to":51}}]}),
            "/alarms/0/actions/0/set/to ",
        ),
        (json!({"id":"driver_lost","when":{"channel":"bt","above":1}}), "/alarms/0/id "),
    ] {
        let fault = only_fault(with_alarm(alarm));
        assert!(fault.starts_with(place), "{fault}");
    }
}

#[test]
fn heat_is_looked_after_on_a_roaster_unless_somebody_says_no() {
    let with = |more: Value| {
        let mut machine = json!({"id":"m","driver":{"type":"simulator"}});
        machine.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec(machine).verify_heat
    };
    assert_eq!(with(json!({})), Some(VerifyHeat { within_ms: 240_000, trip: false }));
    assert_eq!(with(json!({"safety":{"verify_heat_ms":0}})), None);
    let trip = json!({"safety":{"verify_heat_ms":60_000,"verify_heat_trip":true}});
    assert_eq!(with(trip), Some(VerifyHeat { within_ms: 60_000, trip: true }));
    assert_eq!(with(json!({"kind":"rig"})), None, "nobody knows what its heaters heat");
}

#[test]
fn only_a_real_machine_has_a_clock_speed_of_its_own() {
    let mut played = documented();
    played["clock_speed"] = json!(20);
    assert_eq!(spec(played.clone()).clock_speed, 20.0);
    played["clock_speed"] = json!(0);
    assert!(only_fault(played).starts_with("/clock_speed use 0.1 to 100"));
    let fault = only_fault(json!({"id":"m","driver":{"type":"simulator"},"clock_speed":2}));
    assert!(fault.starts_with("/clock_speed leave it out"), "{fault}");
}

#[test]
fn the_modbus_side_of_each_channel_keeps_its_index() {
    let sources = MachineConfig::parse(documented()).expect("sound").modbus_sources();
    let addresses: Vec<u16> = sources.iter().map(|channel| channel.source.address).collect();
    assert_eq!(addresses, [0, 3, 100, 101, 4]);
    assert_eq!(sources[2].readback.as_ref().map(|readback| readback.address), Some(20));
}

/// Every place in a document.
fn places(document: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match document {
        Value::Object(members) => members.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| places(v, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

fn anything() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(json!(null)),
        Just(json!({})),
        Just(json!([])),
        any::<bool>().prop_map(|value| json!(value)),
        any::<i32>().prop_map(|value| json!(value)),
        (-1e6..1e6).prop_map(|value: f64| json!(value)),
        "[a-z_ ]{0,12}".prop_map(|value| json!(value)),
        prop_oneof![
            Just("bt"),
            Just("heat"),
            Just("fahrenheit"),
            Just("toggle"),
            Just("modbus_rtu"),
            Just("simulator")
        ]
        .prop_map(|value| json!(value)),
    ]
}

proptest! {
    #[test]
    fn a_machine_with_anything_anywhere_is_either_sound_or_told(
        changes in prop::collection::vec((any::<prop::sample::Index>(), anything()), 1..4)
    ) {
        let mut document = documented();
        for (index, value) in changes {
            let mut all = Vec::new();
            places(&document, "", &mut all);
            if let Some(slot) = document.pointer_mut(&all[index.index(all.len())]) {
                *slot = value;
            }
        }
        match MachineConfig::parse(document) {
            Err(faults) => prop_assert!(!faults.is_empty()),
            Ok(machine) => {
                let spec = machine.to_spec();
                prop_assert!(spec.is_ok(), "what is sound can be run: {:?}", spec.err());
                let written = serde_json::to_value(&machine).expect("writable");
                prop_assert_eq!(MachineConfig::parse(written), Ok(machine), "and is written as it was read");
            }
        }
    }
}
