//! Which channels each simulated machine has.

use hearth_actors::model::channel::{
    Channel, ChannelKind, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass, Role,
};
use hearth_actors::model::ids::{ChannelId, EndpointId};
use hearth_actors::model::units::Unit;

use super::Model;

/// The channels of a simulated machine in their usual order, with empty tags. It has these and no others.
pub fn known_channels(model: Model) -> Vec<Channel> {
    let channels = match model {
        Model::Roaster => roaster(),
        Model::Kettle => kettle(),
        Model::Panel => panel(),
        Model::Rig => rig(),
        Model::Scanner => scanner(),
    };
    channels.into_iter().flatten().collect()
}

fn roaster() -> Vec<Option<Channel>> {
    vec![
        channel("bt", "Beans", Some(Role::Bt), Unit::Celsius, ChannelKind::Sensor),
        channel("et", "Drum air", Some(Role::Et), Unit::Celsius, ChannelKind::Sensor),
        celsius("inlet", "Inlet air"),
        celsius("exhaust", "Exhaust air"),
        percent("burner", "Burner", OutputClass::Heat),
        percent("airflow", "Airflow", OutputClass::Air),
        percent("drum", "Drum speed", OutputClass::Motion),
        toggle("cooling", "Cooling tray", OutputClass::Cool, Failsafe::Hold),
        toggle("charge", "Beans in the drum", OutputClass::Other, Failsafe::Hold),
    ]
}

fn kettle() -> Vec<Option<Channel>> {
    vec![
        celsius("hlt", "Hot liquor"),
        celsius("mash", "Mash"),
        celsius("fermenter", "Fermenter"),
        sensor("level", "Hot liquor level", "l"),
        percent("heater", "Heater", OutputClass::Heat),
        toggle("pump", "Pump", OutputClass::Motion, Failsafe::Hold),
        slider("setpoint", "Setpoint", Unit::Celsius, (0.0, 100.0, 0.5), OutputClass::Other),
        // Heat that a controller asks for must end with the heat that a person asks for.
        toggle("hold", "Hold setpoint", OutputClass::Heat, Failsafe::Value(0.0)),
    ]
}

fn panel() -> Vec<Option<Channel>> {
    let degrees = Unit::Other("°".to_owned());
    vec![
        channel("motor", "Motor", None, Unit::None, motor()),
        slider("servo", "Servo", degrees, (0.0, 180.0, 1.0), OutputClass::Motion),
        toggle("valve", "Valve", OutputClass::Other, Failsafe::Hold),
        celsius("temperature", "Temperature"),
    ]
}

/// A motor that nobody watches stands still.
fn motor() -> ChannelKind {
    control(ControlShape::Slider, (0.0, 255.0, 1.0), OutputClass::Motion, Failsafe::Value(0.0))
}

fn rig() -> Vec<Option<Channel>> {
    vec![
        celsius("reactor", "Reactor"),
        celsius("inlet", "Inlet"),
        celsius("outlet", "Outlet"),
        sensor("inlet_pressure", "Inlet pressure", "bar"),
        sensor("reactor_pressure", "Reactor pressure", "bar"),
        sensor("flow", "Flow", "l/min"),
        channel("humidity", "Humidity", None, Unit::Percent, ChannelKind::Sensor),
        percent("heater", "Heater", OutputClass::Heat),
        percent("valve", "Feed valve", OutputClass::Other),
    ]
}

fn scanner() -> Vec<Option<Channel>> {
    let degrees = || Unit::Other("°".to_owned());
    vec![
        slider("turntable", "Turntable", degrees(), (0.0, 360.0, 0.1), OutputClass::Motion),
        slider("rotor", "Rotor", degrees(), (-90.0, 90.0, 0.1), OutputClass::Motion),
        toggle("ring_light", "Ring light", OutputClass::Other, Failsafe::Hold),
        percent("back_light", "Back light", OutputClass::Other),
        sensor("camera", "Camera", "lux"),
    ]
    .into_iter()
    .zip(["motors", "motors", "lights", "lights", "cameras"])
    .map(|(channel, group)| Some(Channel { group: group.to_owned(), ..channel? }))
    .collect()
}

fn celsius(id: &str, label: &str) -> Option<Channel> {
    channel(id, label, None, Unit::Celsius, ChannelKind::Sensor)
}

fn sensor(id: &str, label: &str, unit: &str) -> Option<Channel> {
    channel(id, label, None, Unit::Other(unit.to_owned()), ChannelKind::Sensor)
}

fn percent(id: &str, label: &str, class: OutputClass) -> Option<Channel> {
    slider(id, label, Unit::Percent, (0.0, 100.0, 1.0), class)
}

fn slider(id: &str, label: &str, unit: Unit, range: (f64, f64, f64), class: OutputClass) -> Option<Channel> {
    let failsafe = if class == OutputClass::Heat { Failsafe::Value(0.0) } else { Failsafe::Hold };
    channel(id, label, None, unit, control(ControlShape::Slider, range, class, failsafe))
}

fn toggle(id: &str, label: &str, class: OutputClass, failsafe: Failsafe) -> Option<Channel> {
    let shape = ControlShape::Toggle { on: 1.0, off: 0.0 };
    channel(id, label, None, Unit::None, control(shape, (0.0, 1.0, 1.0), class, failsafe))
}

fn channel(id: &str, label: &str, role: Option<Role>, unit: Unit, kind: ChannelKind) -> Option<Channel> {
    let id = ChannelId::parse(id).ok()?;
    Some(Channel {
        id,
        tag: String::new(),
        endpoint: EndpointId::NONE,
        group: DeviceType::usual_group(None, &kind).to_owned(),
        device: None,
        label: label.to_owned(),
        role,
        unit,
        kind,
    })
}

/// `range` is lower end, upper end and grid.
fn control(shape: ControlShape, range: (f64, f64, f64), class: OutputClass, failsafe: Failsafe) -> ChannelKind {
    let (min, max, step) = range;
    ChannelKind::Control(ControlSpec {
        shape,
        min,
        max,
        step,
        class,
        failsafe,
        stop_value: None,
        max_rise_per_s: None,
        has_readback: true,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_goes_off_and_all_else_holds_when_nobody_is_in_charge() {
        let channels = known_channels(Model::Roaster);
        assert_eq!(channels.len(), 9);
        for channel in &channels {
            let Some(control) = channel.control() else { continue };
            let safe = if channel.id.as_str() == "burner" { Failsafe::Value(0.0) } else { Failsafe::Hold };
            assert_eq!(control.failsafe, safe, "{}", channel.id);
            assert!(control.has_readback, "{}", channel.id);
        }
    }

    #[test]
    fn no_model_loses_a_channel_to_a_bad_id_and_all_heat_goes_off() {
        let models = [(Model::Kettle, 8, 2), (Model::Panel, 4, 0), (Model::Rig, 9, 1), (Model::Scanner, 5, 0)];
        for (model, channels, heats) in models {
            let known = known_channels(model);
            assert_eq!(known.len(), channels, "{model}");
            let heat = known.iter().filter_map(Channel::control).filter(|control| control.class == OutputClass::Heat);
            let safe: Vec<Failsafe> = heat.map(|control| control.failsafe).collect();
            assert_eq!(safe, vec![Failsafe::Value(0.0); heats], "{model}");
        }
    }
}
