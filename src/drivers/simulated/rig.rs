//! Physics of a laboratory rig: water from a pressurised supply flows through a valve into a heated reactor and out of it through
//! a nozzle.

use super::stand::{Listed, Physics, Reach, STEP_S};

/// Temperature of the room. Unit: °C.
pub const ROOM_C: f64 = 21.0;
/// Temperature of the supply. Unit: °C.
pub const SUPPLY_C: f64 = 14.0;
/// Pressure of the supply at rest, above that of the air. Unit: bar.
pub const SUPPLY_BAR: f64 = 3.0;
/// Above this the reactor's thermostat cuts the heater. Unit: °C.
pub const LIMIT_C: f64 = 95.0;

/// Heater at 100 %. Unit: kW.
const HEATER_KW: f64 = 3.0;
/// Heat capacity of the full reactor. Unit: kJ/K.
const REACTOR_KJ_PER_K: f64 = 38.0;
/// Heat it loses. Unit: kW/K.
const LOSS_KW_PER_K: f64 = 0.006;
/// Heat that 1 l/min carries. Unit: kW/K.
const FLOW_KW_PER_K_PER_LPM: f64 = 4.19 / 60.0;
/// Flow at 1 bar of difference through the pipe, the open valve and the nozzle. Unit: l/min.
const PIPE_LPM: f64 = 3.0;
const VALVE_LPM: f64 = 2.0;
const NOZZLE_LPM: f64 = 1.6;
/// Time for the flow to follow the valve. Unit: s.
const FLOW_TAU_S: f64 = 1.5;
/// Lag of the probes in the pipes with water at rest, and how many l/min halve it. Units: s, l/min.
const PIPE_TAU_S: f64 = 90.0;
const PIPE_HALVED_LPM: f64 = 0.1;
/// Lag of the reactor's probe, and of the humidity above it. Unit: s.
const REACTOR_TAU_S: f64 = 6.0;
const HUMIDITY_TAU_S: f64 = 45.0;
/// Relative humidity of the room, and what a reactor at its limit adds. Unit: %.
const HUMIDITY_PCT: f64 = 45.0;
const STEAM_PCT: f64 = 50.0;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Reactor. Unit: °C.
    Reactor,
    /// Water before the reactor. Unit: °C.
    Inlet,
    /// Water behind it. Unit: °C.
    Outlet,
    /// Before the valve, above the air's. Unit: bar.
    InletPressure,
    /// In the reactor, above the air's. Unit: bar.
    ReactorPressure,
    /// Through the reactor. Unit: l/min.
    Flow,
    /// Relative, in the hood. Unit: %.
    Humidity,
    /// Unit: %.
    Heater,
    /// Unit: %.
    Valve,
}

/// Whether the thermostat lets the heater work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Thermostat {
    Closed,
    Cut,
}

/// The rig.
#[derive(Debug, Clone, PartialEq)]
pub struct Rig {
    reactor: f64,
    reactor_probe: f64,
    inlet: f64,
    outlet: f64,
    flow_lpm: f64,
    humidity_pct: f64,
    heater_pct: f64,
    valve_pct: f64,
    thermostat: Thermostat,
}

impl Default for Rig {
    fn default() -> Self {
        Self {
            reactor: ROOM_C,
            reactor_probe: ROOM_C,
            inlet: ROOM_C,
            outlet: ROOM_C,
            flow_lpm: 0.0,
            humidity_pct: HUMIDITY_PCT,
            heater_pct: 0.0,
            valve_pct: 0.0,
            thermostat: Thermostat::Closed,
        }
    }
}

impl Rig {
    /// Flow that the valve lets through once it is steady: pipe, valve and nozzle in a row. Unit: l/min.
    fn steady_lpm(&self) -> f64 {
        let open = self.valve_pct / 100.0;
        if open <= 0.0 {
            return 0.0;
        }
        let resistance = PIPE_LPM.powi(-2) + (VALVE_LPM * open).powi(-2) + NOZZLE_LPM.powi(-2);
        (SUPPLY_BAR / resistance).sqrt()
    }

    fn heater_kw(&mut self) -> f64 {
        self.thermostat = match self.thermostat {
            Thermostat::Closed if self.reactor > LIMIT_C => Thermostat::Cut,
            Thermostat::Cut if self.reactor < LIMIT_C - 5.0 => Thermostat::Closed,
            same @ (Thermostat::Closed | Thermostat::Cut) => same,
        };
        if self.thermostat == Thermostat::Closed { HEATER_KW * self.heater_pct / 100.0 } else { 0.0 }
    }
}

impl Physics for Rig {
    type Part = Part;

    const PARTS: &'static [Listed<Part>] = &[
        Listed { id: "reactor", part: Part::Reactor, reach: Reach::Sensor(1.0) },
        Listed { id: "inlet", part: Part::Inlet, reach: Reach::Sensor(1.0) },
        Listed { id: "outlet", part: Part::Outlet, reach: Reach::Sensor(1.0) },
        Listed { id: "inlet_pressure", part: Part::InletPressure, reach: Reach::Sensor(0.03) },
        Listed { id: "reactor_pressure", part: Part::ReactorPressure, reach: Reach::Sensor(0.03) },
        Listed { id: "flow", part: Part::Flow, reach: Reach::Sensor(0.05) },
        Listed { id: "humidity", part: Part::Humidity, reach: Reach::Sensor(2.0) },
        Listed { id: "heater", part: Part::Heater, reach: Reach::Slider(0.0, 100.0) },
        Listed { id: "valve", part: Part::Valve, reach: Reach::Slider(0.0, 100.0) },
    ];

    fn step(&mut self) {
        self.flow_lpm += (self.steady_lpm() - self.flow_lpm) * STEP_S / FLOW_TAU_S;
        let carried_kw = FLOW_KW_PER_K_PER_LPM * self.flow_lpm * (SUPPLY_C - self.reactor);
        let kw = self.heater_kw() + carried_kw - LOSS_KW_PER_K * (self.reactor - ROOM_C);
        self.reactor += kw * STEP_S / REACTOR_KJ_PER_K;

        let flowing = self.flow_lpm / (self.flow_lpm + PIPE_HALVED_LPM);
        let pipe_tau_s = PIPE_TAU_S * (1.0 - 0.95 * flowing);
        let mix = |still: f64, water: f64| still + (water - still) * flowing;
        follow(&mut self.inlet, mix(ROOM_C, SUPPLY_C), pipe_tau_s);
        follow(&mut self.outlet, mix(ROOM_C, self.reactor), pipe_tau_s);
        follow(&mut self.reactor_probe, self.reactor, REACTOR_TAU_S);
        let warm = ((self.reactor - ROOM_C) / (LIMIT_C - ROOM_C)).clamp(0.0, 1.0);
        follow(&mut self.humidity_pct, HUMIDITY_PCT + STEAM_PCT * warm, HUMIDITY_TAU_S);
    }

    fn get(&self, part: Part, _now_ms: u64) -> f64 {
        match part {
            Part::Reactor => self.reactor_probe,
            Part::Inlet => self.inlet,
            Part::Outlet => self.outlet,
            Part::InletPressure => SUPPLY_BAR - (self.flow_lpm / PIPE_LPM).powi(2),
            Part::ReactorPressure => (self.flow_lpm / NOZZLE_LPM).powi(2),
            Part::Flow => self.flow_lpm,
            Part::Humidity => self.humidity_pct,
            Part::Heater => self.heater_pct,
            Part::Valve => self.valve_pct,
        }
    }

    fn set(&mut self, part: Part, value: f64, _now_ms: u64) -> u64 {
        match part {
            Part::Heater => self.heater_pct = value,
            Part::Valve => self.valve_pct = value,
            Part::Reactor
            | Part::Inlet
            | Part::Outlet
            | Part::InletPressure
            | Part::ReactorPressure
            | Part::Flow
            | Part::Humidity => {}
        }
        0
    }
}

fn follow(probe: &mut f64, target: f64, tau_s: f64) {
    *probe += (target - *probe) * STEP_S / tau_s;
}
