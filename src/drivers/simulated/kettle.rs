//! Physics of a small brewery: a hot liquor tank with an electric element, a mash tun warmed by a coil through which the pump
//! sends the hot liquor, and a fermenter that stands beside them.
//!
//! A controller in the brewery's own panel drives the heater to a setpoint when it is switched on. It sits below the driver: the
//! heater's read-back shows what it does, and a new order to the heater switches it off.

use super::machine::Hand;
use super::stand::{Listed, Physics, Reach, STEP_S};

/// Temperature of the room, and of the brewery before anybody heats. Unit: °C.
pub const ROOM_C: f64 = 20.0;
/// Boiling point. Unit: °C.
pub const BOIL_C: f64 = 100.0;

/// Heater at 100 %. Unit: kW.
const HEATER_KW: f64 = 5.5;
/// Heat capacity of water, also of a thin mash. Unit: kJ/(kg K); 1 litre is taken as 1 kg.
const WATER_KJ_PER_KG_K: f64 = 4.19;
const MASH_KJ_PER_KG_K: f64 = 3.7;
/// Heat of evaporation of water at its boiling point. Unit: kJ/kg.
const EVAPORATION_KJ_PER_KG: f64 = 2257.0;
/// What the tanks hold at first. Unit: litre.
const HLT_L: f64 = 40.0;
const MASH_L: f64 = 25.0;
const FERMENTER_L: f64 = 30.0;
/// A float switch cuts the heater below this. Unit: litre.
const DRY_L: f64 = 8.0;
/// Heat that each tank loses. Unit: kW/K.
const HLT_LOSS_KW_PER_K: f64 = 0.012;
const MASH_LOSS_KW_PER_K: f64 = 0.005;
const FERMENTER_LOSS_KW_PER_K: f64 = 0.008;
/// Heat that the coil passes while the pump runs. Unit: kW/K.
const COIL_KW_PER_K: f64 = 0.25;
/// Wort in the fermenter was chilled to this before. Unit: °C.
const WORT_C: f64 = 26.0;
/// Lag of the probes in their wells. Unit: s.
const PROBE_TAU_S: f64 = 8.0;
/// Controller: % of heater per °C that is missing, and per °C and second.
const GAIN_PCT_PER_C: f64 = 20.0;
const INTEGRAL_PCT_PER_C_S: f64 = 0.02;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Hot liquor. Unit: °C.
    Hlt,
    /// Mash. Unit: °C.
    Mash,
    /// Fermenter. Unit: °C.
    Fermenter,
    /// Hot liquor. Unit: litre.
    Level,
    /// Heater. Unit: %.
    Heater,
    /// Pump, 0 or 1.
    Pump,
    /// What the controller aims at. Unit: °C.
    Setpoint,
    /// Whether the controller drives the heater, 0 or 1.
    Hold,
}

/// Whether the controller drives the heater.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Controller {
    Off,
    On,
    /// Off since somebody set the heater by hand.
    Overruled,
}

/// The brewery.
#[derive(Debug, Clone, PartialEq)]
pub struct Kettle {
    hlt: f64,
    mash: f64,
    fermenter: f64,
    level_l: f64,
    probes: [f64; 3],
    heater_pct: f64,
    pump: f64,
    setpoint_c: f64,
    controller: Controller,
    integral_pct: f64,
}

impl Default for Kettle {
    fn default() -> Self {
        Self {
            hlt: ROOM_C,
            mash: ROOM_C,
            fermenter: WORT_C,
            level_l: HLT_L,
            probes: [ROOM_C, ROOM_C, WORT_C],
            heater_pct: 0.0,
            pump: 0.0,
            setpoint_c: 66.0,
            controller: Controller::Off,
            integral_pct: 0.0,
        }
    }
}

impl Kettle {
    fn control(&mut self) {
        if self.controller == Controller::On {
            let missing_c = self.setpoint_c - self.probes[0];
            // Wound up only near the setpoint, so that heating up does not overshoot.
            if missing_c.abs() < 100.0 / GAIN_PCT_PER_C {
                let more_pct = INTEGRAL_PCT_PER_C_S * missing_c * STEP_S;
                self.integral_pct = (self.integral_pct + more_pct).clamp(0.0, 100.0);
            }
            self.heater_pct = (GAIN_PCT_PER_C * missing_c + self.integral_pct).clamp(0.0, 100.0);
        }
    }

    fn heat(&mut self) {
        let heater_kw = if self.level_l > DRY_L { HEATER_KW * self.heater_pct / 100.0 } else { 0.0 };
        let coil_kw = self.pump * COIL_KW_PER_K * (self.hlt - self.mash);
        let hlt_kw = heater_kw - coil_kw - HLT_LOSS_KW_PER_K * (self.hlt - ROOM_C);
        let mash_kw = coil_kw - MASH_LOSS_KW_PER_K * (self.mash - ROOM_C);
        let fermenter_kw = -FERMENTER_LOSS_KW_PER_K * (self.fermenter - ROOM_C);
        let hlt_kj_per_k = self.level_l * WATER_KJ_PER_KG_K;
        self.hlt += hlt_kw * STEP_S / hlt_kj_per_k;
        self.mash += mash_kw * STEP_S / (MASH_L * MASH_KJ_PER_KG_K);
        self.fermenter += fermenter_kw * STEP_S / (FERMENTER_L * WATER_KJ_PER_KG_K);
        if self.hlt > BOIL_C {
            let surplus_kj = (self.hlt - BOIL_C) * hlt_kj_per_k;
            self.hlt = BOIL_C;
            self.level_l -= surplus_kj / EVAPORATION_KJ_PER_KG;
        }
    }
}

impl Physics for Kettle {
    type Part = Part;

    const PARTS: &'static [Listed<Part>] = &[
        Listed { id: "hlt", part: Part::Hlt, reach: Reach::Sensor(1.0) },
        Listed { id: "mash", part: Part::Mash, reach: Reach::Sensor(1.0) },
        Listed { id: "fermenter", part: Part::Fermenter, reach: Reach::Sensor(1.0) },
        Listed { id: "level", part: Part::Level, reach: Reach::Sensor(0.2) },
        Listed { id: "heater", part: Part::Heater, reach: Reach::Slider(0.0, 100.0) },
        Listed { id: "pump", part: Part::Pump, reach: Reach::Switch },
        Listed { id: "setpoint", part: Part::Setpoint, reach: Reach::Slider(0.0, 100.0) },
        Listed { id: "hold", part: Part::Hold, reach: Reach::Switch },
    ];

    fn step(&mut self) {
        self.control();
        self.heat();
        for (probe, seen) in self.probes.iter_mut().zip([self.hlt, self.mash, self.fermenter]) {
            *probe += (seen - *probe) * STEP_S / PROBE_TAU_S;
        }
    }

    fn get(&self, part: Part, _now_ms: u64) -> f64 {
        match part {
            Part::Hlt => self.probes[0],
            Part::Mash => self.probes[1],
            Part::Fermenter => self.probes[2],
            Part::Level => self.level_l,
            Part::Heater => self.heater_pct,
            Part::Pump => self.pump,
            Part::Setpoint => self.setpoint_c,
            Part::Hold => f64::from(u8::from(self.controller == Controller::On)),
        }
    }

    fn set(&mut self, part: Part, value: f64, _now_ms: u64) -> u64 {
        match part {
            Part::Hlt | Part::Mash | Part::Fermenter | Part::Level => {}
            Part::Heater => {
                if self.controller == Controller::On {
                    self.controller = Controller::Overruled;
                }
                self.heater_pct = value;
            }
            Part::Pump => self.pump = value,
            Part::Setpoint => self.setpoint_c = value,
            Part::Hold if value >= 0.5 => {
                if self.controller != Controller::On {
                    self.integral_pct = 0.0;
                }
                self.controller = Controller::On;
            }
            Part::Hold => {
                if self.controller == Controller::On {
                    self.heater_pct = 0.0;
                }
                self.controller = Controller::Off;
            }
        }
        0
    }

    fn hand(&self, part: Part) -> Hand {
        match (part, self.controller) {
            (Part::Heater, Controller::On) | (Part::Hold, Controller::Overruled) => Hand::Local,
            _ => Hand::Wire,
        }
    }
}
