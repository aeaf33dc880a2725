use serde_json::{Value, json};

use super::*;

/// A machine behind a controller with these channels.
fn rig(channels: Value) -> Value {
    json!({"id": "rig", "driver": {"type": "push"}, "channels": channels})
}

fn told(document: Value) -> Vec<String> {
    let faults = MachineConfig::parse(document).expect_err("faults");
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail)).collect()
}

fn channels(document: Value) -> Vec<Channel> {
    let spec = MachineConfig::parse(document).expect("sound").to_spec().expect("sound");
    spec.channels.iter().map(|(_, channel)| channel.clone()).collect()
}

#[test]
fn addresses_are_taken_as_written_and_groups_follow_from_what_a_channel_is() {
    let all = channels(rig(json!([
        {"id": "a", "kind": "sensor", "unit": "fahrenheit", "device_type": "temperature_sensor", "endpoint_id": 59, "tag": "t"},
        {"id": "b", "kind": "control", "min": 0, "max": 255, "device_type": "motor"},
        {"id": "c", "kind": "control", "min": 10, "max": 170, "device_type": "servo"},
        {"id": "d", "kind": "control", "control": "toggle", "device_type": "valve"},
        {"id": "e", "kind": "sensor", "group": "cameras"},
    ])));
    let groups: Vec<&str> = all.iter().map(|channel| channel.group.as_str()).collect();
    assert_eq!(groups, ["sensors", "motors", "motors", "controls", "cameras"]);
    let devices: Vec<Option<DeviceType>> = all.iter().map(|channel| channel.device).collect();
    let [thermometer, motor] = [DeviceType::TemperatureSensor, DeviceType::Motor];
    assert_eq!(devices, [Some(thermometer), Some(motor), Some(DeviceType::Servo), Some(DeviceType::Valve), None]);
    assert_eq!((all[0].endpoint, all[0].tag.as_str()), (EndpointId(59), "t"));
    assert_eq!((all[1].endpoint, all[1].tag.as_str()), (EndpointId::NONE, "rig.b"));
}

#[test]
fn a_device_that_programs_would_mistake_is_refused() {
    let refused = [
        (json!({"kind": "control", "min": 0, "max": 256, "device_type": "motor"}), "a motor must be a slider"),
        (json!({"kind": "control", "min": -1, "max": 255, "device_type": "motor"}), "a motor must be a slider"),
        (json!({"kind": "control", "control": "toggle", "device_type": "motor"}), "a motor must be a slider"),
        (json!({"kind": "sensor", "device_type": "motor"}), "a motor must be a slider"),
        (json!({"kind": "control", "min": 0, "max": 181, "device_type": "servo"}), "a servo must be a slider"),
        (json!({"kind": "control", "min": 0, "max": 1, "device_type": "valve"}), "a valve must be a control"),
        (json!({"kind": "sensor", "device_type": "valve"}), "a valve must be a control"),
        (json!({"kind": "sensor", "unit": "bar", "device_type": "temperature_sensor"}), "a temperature_sensor must be"),
        (
            json!({"kind": "control", "unit": "celsius", "min": 0, "max": 9, "device_type": "temperature_sensor"}),
            "a temperature_sensor must be",
        ),
        (json!({"kind": "sensor", "device_type": "pump"}), "`pump` is not known"),
    ];
    for (mut channel, words) in refused {
        channel["id"] = json!("x");
        let found = told(rig(json!([channel])));
        assert_eq!(found.len(), 1, "{channel}: {found:?}");
        assert!(found[0].starts_with("/channels/0/device_type "), "{found:?}");
        assert!(found[0].contains(words) || words.contains("pump"), "{channel}: {found:?}");
    }
}

#[test]
fn an_address_that_cannot_be_is_refused_with_what_can() {
    let sensor = |key: &str, value: Value| json!([{"id": "x", "kind": "sensor", key: value}]);
    for id in [json!(0), json!(2_147_483_648_u32), json!(-1), json!(1.5), json!("52"), json!(u64::MAX)] {
        let found = told(rig(sensor("endpoint_id", id.clone())));
        assert!(found.len() == 1 && found[0].starts_with("/channels/0/endpoint_id "), "{id}: {found:?}");
    }
    for group in ["", "My lights", "Lights", "é", &"x".repeat(33)] {
        let found = told(rig(sensor("group", json!(group))));
        assert!(found.len() == 1 && found[0].contains("motors, lights, cameras"), "{group}: {found:?}");
    }
    for tag in ["", "a b", "ü", &"x".repeat(129)] {
        let found = told(rig(sensor("tag", json!(tag))));
        assert!(found.len() == 1 && found[0].starts_with("/channels/0/tag use 1 to 128"), "{tag}: {found:?}");
    }
    assert_eq!(channels(rig(sensor("endpoint_id", json!(2_147_483_647))))[0].endpoint, EndpointId::MAX);
}

#[test]
fn nothing_in_a_machine_has_the_address_of_something_else() {
    let found = told(rig(json!([
        {"id": "a", "kind": "sensor", "tag": "rig.b", "endpoint_id": 7},
        {"id": "b", "kind": "sensor"},
        {"id": "c", "kind": "sensor", "tag": "rig.b", "endpoint_id": 7},
    ])));
    let expected = [
        "/channels/1/id `rig.b` is taken by channels[0]: use another",
        "/channels/2/tag `rig.b` is taken by channels[0]: use another",
        "/channels/2/endpoint_id 7 is taken by channels[0]: use another",
    ];
    assert_eq!(found, expected);
}

#[test]
fn nothing_in_the_house_has_the_address_of_something_in_another_machine() {
    let parse = |document: Value| MachineConfig::parse(document).expect("sound");
    let kettle = parse(json!({"id": "kettle", "kind": "kettle", "driver": {"type": "simulator", "model": "kettle"}}));
    let one = parse(rig(json!([{"id": "a", "kind": "sensor", "endpoint_id": 52, "tag": "t"}])));
    let two = parse(json!({"id": "two", "driver": {"type": "push"}, "channels": [
        {"id": "x", "kind": "sensor", "endpoint_id": 52},
        {"id": "y", "kind": "sensor", "tag": "t"},
        {"id": "z", "kind": "sensor", "tag": "kettle.pump"},
    ]}));
    let found = crate::config::together::clashes(&two, [&kettle, &one]);
    let pointers: Vec<&str> = found.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(pointers, ["/channels/1/tag", "/channels/2/tag", "/channels/0/endpoint_id"]);
    assert!(found.iter().last().expect("three").detail.contains("52 is taken by a channel of machine `rig`"));
    let found = crate::config::together::clashes(&kettle, [&two]);
    assert_eq!(
        found.iter().map(|fault| fault.pointer.as_str()).collect::<Vec<_>>(),
        ["/id"],
        "a simulator's own channels"
    );
}

#[test]
fn a_document_with_its_addresses_written_out_means_the_same_machine() {
    for document in [
        json!({"id": "k", "driver": {"type": "simulator", "model": "kettle"}}),
        json!({"id": "r", "driver": {"type": "simulator", "model": "roaster"}}),
        json!({"id": "p", "driver": {"type": "simulator", "model": "panel"}}),
        rig(json!([{"id": "m", "kind": "control", "min": 0, "max": 255, "device_type": "motor"}])),
    ] {
        let given = MachineConfig::parse(document).expect("sound");
        let spec = given.to_spec().expect("sound");
        let numbers: Vec<EndpointId> = (0..spec.channels.len()).map(|n| EndpointId(1000 + n as u32)).collect();
        let table = spec.channels.numbered(&numbers);
        let shown = given.addressed(&table);
        let read = MachineConfig::parse(serde_json::to_value(&shown).expect("written")).expect("still sound");
        assert_eq!(*read.to_spec().expect("sound").channels, table);
        assert_eq!(shown.clone().addressed(&table), shown);
    }
}
