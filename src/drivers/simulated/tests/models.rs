//! Physics of the machines beside the roaster.

use proptest::prelude::*;

use crate::drivers::simulated::machine::{Machine, Nature, build};
use crate::drivers::simulated::{control_panel, kettle, rig, scanner};

use super::*;

const MINUTE_MS: u64 = 60_000;
const OTHERS: [Model; 4] = [Model::Kettle, Model::Panel, Model::Rig, Model::Scanner];

/// A machine with its clock, spoken to by channel ids.
struct Bench {
    machine: Box<dyn Machine>,
    now_ms: u64,
}

impl Bench {
    fn new(model: Model) -> Self {
        Self { machine: build(&SimulatorConfig { model, ..quiet() }), now_ms: 0 }
    }

    fn wait(&mut self, ms: u64) -> &mut Self {
        self.now_ms += ms;
        self.machine.advance_to(self.now_ms);
        self
    }

    fn set(&mut self, id: &str, value: f64) -> u64 {
        let part = self.machine.find(id).unwrap();
        self.machine.order(part, value)
    }

    fn get(&self, id: &str) -> f64 {
        self.machine.value(self.machine.find(id).unwrap())
    }
}

#[test]
fn water_boils_and_stays_at_the_boiling_point_while_it_evaporates() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("heater", 100.0);
    let level = brewery.wait(50 * MINUTE_MS).get("level");
    assert!((brewery.get("hlt") - kettle::BOIL_C).abs() < 0.1, "{}", brewery.get("hlt"));
    for _ in 0..30 {
        let hlt = brewery.wait(MINUTE_MS).get("hlt");
        assert!((kettle::BOIL_C - 0.1..=kettle::BOIL_C).contains(&hlt), "{hlt}");
    }
    // 5.5 kW less about 1 kW through the wall boil off about 2 g a second.
    assert!((2.5..4.5).contains(&(level - brewery.get("level"))), "{level} {}", brewery.get("level"));
}

#[test]
fn a_tank_that_boils_dry_cuts_its_heater() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("heater", 100.0);
    for _ in 0..24 {
        brewery.wait(60 * MINUTE_MS);
        assert!(brewery.get("level") > 7.9, "{}", brewery.get("level"));
    }
    assert!(brewery.get("level") < 8.1);
    assert!(brewery.get("hlt") < 50.0, "it cools");
}

#[test]
fn a_pump_that_stands_moves_no_heat_and_one_that_runs_evens_the_tanks_out() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("heater", 100.0);
    brewery.wait(30 * MINUTE_MS);
    assert_eq!(brewery.get("mash"), kettle::ROOM_C);
    brewery.set("heater", 0.0);
    let apart = brewery.get("hlt") - brewery.get("mash");
    brewery.set("pump", 1.0);
    brewery.wait(30 * MINUTE_MS);
    assert!(brewery.get("mash") > kettle::ROOM_C + 10.0);
    assert!((brewery.get("hlt") - brewery.get("mash")).abs() < apart / 10.0);
}

#[test]
fn what_nobody_heats_cools_towards_the_room_and_never_below() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("heater", 100.0);
    brewery.wait(20 * MINUTE_MS);
    brewery.set("heater", 0.0);
    brewery.wait(2 * MINUTE_MS);
    let mut before = [brewery.get("hlt"), brewery.get("fermenter")];
    for _ in 0..100 {
        brewery.wait(30 * MINUTE_MS);
        let now = [brewery.get("hlt"), brewery.get("fermenter")];
        assert!(now.iter().zip(before).all(|(now, before)| (kettle::ROOM_C..=before).contains(now)), "{now:?}");
        before = now;
    }
    assert!(before.iter().all(|celsius| celsius - kettle::ROOM_C < 0.5), "{before:?}");
}

#[test]
fn the_panels_controller_reaches_its_setpoint_and_stays_there() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("setpoint", 60.0);
    brewery.set("hold", 1.0);
    assert_eq!(brewery.wait(1_000).get("heater"), 100.0, "its output shows as the heater's read-back");
    brewery.wait(60 * MINUTE_MS);
    for _ in 0..60 {
        let hlt = brewery.wait(MINUTE_MS).get("hlt");
        assert!((59.0..61.5).contains(&hlt), "{hlt}");
    }
}

#[test]
fn an_order_to_the_heater_overrules_the_controller_and_switching_it_off_ends_the_heat() {
    let mut brewery = Bench::new(Model::Kettle);
    brewery.set("hold", 1.0);
    brewery.wait(1_000);
    brewery.set("heater", 30.0);
    brewery.wait(MINUTE_MS);
    assert_eq!((brewery.get("heater"), brewery.get("hold")), (30.0, 0.0));
    brewery.set("hold", 1.0);
    assert_eq!(brewery.wait(1_000).get("heater"), 100.0);
    brewery.set("hold", 0.0);
    assert_eq!(brewery.wait(1_000).get("heater"), 0.0);
}

#[test]
fn the_servo_takes_one_to_two_ms_per_degree_and_the_motor_25_to_75_ms() {
    let mut panel = Bench::new(Model::Panel);
    let mut taken = Vec::new();
    for round in 0..50_u32 {
        let (angle, speed) = if round % 2 == 0 { (180.0, 255.0) } else { (0.0, 0.0) };
        let degrees = (angle - panel.get("servo")).abs();
        let servo_ms = panel.set("servo", angle);
        assert!((degrees..=2.0 * degrees + 1.0).contains(&(servo_ms as f64)), "{degrees} {servo_ms}");
        assert_ne!(panel.wait(servo_ms - 1).get("servo"), angle);
        assert_eq!(panel.wait(1).get("servo"), angle);
        let motor_ms = panel.set("motor", speed);
        assert!((25..=76).contains(&motor_ms), "{motor_ms}");
        assert_eq!(panel.wait(motor_ms).get("motor"), speed);
        taken.push(motor_ms);
    }
    taken.sort_unstable();
    taken.dedup();
    assert!(taken.len() > 10, "each time differs: {taken:?}");
}

#[test]
fn a_running_motor_warms_the_panel_and_an_open_valve_cools_it() {
    let settled = |motor: f64, valve: f64| {
        let mut panel = Bench::new(Model::Panel);
        panel.set("motor", motor);
        panel.set("valve", valve);
        panel.wait(20 * MINUTE_MS).get("temperature")
    };
    assert_eq!(settled(0.0, 1.0), control_panel::ROOM_C);
    let warm = settled(255.0, 0.0);
    assert!((warm - control_panel::ROOM_C - control_panel::MOTOR_WARMS_K).abs() < 0.01, "{warm}");
    assert!(settled(255.0, 1.0) < warm - 2.0);
    assert!(settled(100.0, 0.0) < warm - 2.0);
}

#[test]
fn a_closed_valve_lets_nothing_flow_and_an_open_one_shares_the_pressure() {
    let mut rig = Bench::new(Model::Rig);
    rig.wait(MINUTE_MS);
    assert_eq!([rig.get("flow"), rig.get("reactor_pressure")], [0.0, 0.0]);
    assert_eq!(rig.get("inlet_pressure"), rig::SUPPLY_BAR);
    let mut before = 0.0;
    for valve in [10.0, 30.0, 60.0, 100.0] {
        rig.set("valve", valve);
        let flow = rig.wait(MINUTE_MS).get("flow");
        assert!(flow > before, "{valve} {flow}");
        assert!(rig.get("reactor_pressure") < rig.get("inlet_pressure"));
        before = flow;
    }
    assert!(rig.wait(10 * MINUTE_MS).get("inlet") < rig::SUPPLY_C + 1.0, "supply water arrives");
}

#[test]
fn flow_cools_a_heated_reactor_and_its_thermostat_keeps_it_from_boiling() {
    let mut rig = Bench::new(Model::Rig);
    rig.set("heater", 100.0);
    for _ in 0..120 {
        assert!(rig.wait(MINUTE_MS).get("reactor") < rig::LIMIT_C + 1.0);
    }
    assert!(rig.get("reactor") > rig::LIMIT_C - 7.0);
    assert!(rig.get("humidity") > 80.0);
    rig.set("valve", 60.0);
    let cooled = rig.wait(20 * MINUTE_MS).get("reactor");
    assert!((rig::SUPPLY_C..70.0).contains(&cooled), "{cooled}");
    assert!((rig.get("outlet") - cooled).abs() < 4.0);
}

#[test]
fn the_turntable_turns_at_its_speed_and_shows_where_it_is() {
    let mut scanner = Bench::new(Model::Scanner);
    assert_eq!(scanner.set("turntable", 90.0), 1_800, "it says how long the way takes");
    assert_eq!(scanner.get("turntable"), 0.0);
    let half_ms = (45.0 * scanner::TURNTABLE_MS_PER_DEGREE) as u64;
    assert!((scanner.wait(half_ms).get("turntable") - 45.0).abs() < 0.1);
    scanner.set("turntable", 0.0);
    assert!((scanner.wait(half_ms / 2).get("turntable") - 22.5).abs() < 0.1, "it turns back from where it is");
    assert_eq!(scanner.wait(half_ms).get("turntable"), 0.0);
    scanner.set("rotor", -90.0);
    let rotor_ms = (90.0 * scanner::ROTOR_MS_PER_DEGREE) as u64;
    assert_eq!(scanner.wait(rotor_ms).get("rotor"), -90.0);
}

#[test]
fn what_is_not_a_number_and_what_is_no_control_moves_nothing() {
    for model in OTHERS {
        let mut bench = Bench::new(model);
        let ids: Vec<_> = simulator::known_channels(model).iter().map(|channel| channel.id.to_string()).collect();
        for id in &ids {
            let before = bench.get(id);
            bench.set(id, f64::NAN);
            if bench.machine.find(id).unwrap().nature == Nature::Sensor {
                bench.set(id, 50.0);
            }
            assert_eq!(bench.get(id), before, "{model} {id}");
        }
        assert!(bench.machine.find("bt").is_none(), "{model}");
    }
}

/// Least and most a channel can ever show.
fn bounds(model: Model, channel: &Channel) -> (f64, f64) {
    match (model, channel.control(), channel.id.as_str()) {
        (_, Some(control), _) => (control.min, control.max),
        (Model::Kettle, None, "level") => (7.9, 40.0),
        (Model::Kettle, None, _) => (kettle::ROOM_C - 1e-6, kettle::BOIL_C),
        (Model::Panel, None, _) => (control_panel::ROOM_C - 1e-6, control_panel::ROOM_C + control_panel::MOTOR_WARMS_K),
        (Model::Rig, None, "inlet_pressure" | "reactor_pressure" | "flow") => (0.0, rig::SUPPLY_BAR),
        (Model::Rig, None, _) => (rig::SUPPLY_C - 1e-6, rig::LIMIT_C + 1.0),
        (Model::Scanner | Model::Roaster, None, _) => (0.0, 2_000.0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_orders_make_energy_or_leave_the_physical_bounds(
        model in prop::sample::select(OTHERS.to_vec()),
        orders in prop::collection::vec((0_u64..600_000, any::<prop::sample::Index>(),
            prop_oneof![Just(0.0), Just(1.0), Just(100.0), -10.0..400.0, any::<f64>()]), 0..30),
    ) {
        let channels = simulator::known_channels(model);
        let mut bench = Bench::new(model);
        for (after_ms, index, value) in orders {
            bench.set(index.get(&channels).id.as_str(), value);
            for _ in 0..10 {
                bench.wait(after_ms / 10);
                for channel in &channels {
                    let (least, most) = bounds(model, channel);
                    let shown = bench.get(channel.id.as_str());
                    prop_assert!((least..=most).contains(&shown), "{} {} {}", model, channel.id, shown);
                }
            }
        }
    }
}
