//! Physics of a 5 kg drum roaster with a gas burner, as lumps of heat: drum metal, drum air, beans, and the probes that see them.
//!
//! ```text
//!  flame --share--> metal --touch--> beans
//!     \              |  ^             ^
//!      --> inlet --> air -------------'   --> exhaust
//! ```
//! Plain Euler steps of [`STEP_S`], short against every time constant in here, so the curve does not depend on how often it is
//! sampled. The figures are chosen so that an ordinary roast plan gives an ordinary roast.

use super::beans::Beans;

/// Length of one step of the physics. Unit: s.
pub const STEP_S: f64 = 0.1;

/// Temperature of the room and of green beans. Unit: °C.
pub const ROOM_C: f64 = 22.0;

/// Burner at 100 %. Unit: kW.
const FLAME_KW: f64 = 24.0;
/// Most the burner makes of the air that passes it; with less air the flame starves. Unit: kW per kW/K.
const FLAME_PER_DRAUGHT_K: f64 = 740.0;
/// Time for the flame to follow its valve. Unit: s.
const FLAME_TAU_S: f64 = 6.0;
/// Share of the flame's heat that goes straight into the drum's metal.
const FLAME_TO_METAL: f64 = 0.30;
/// Heat capacity of the drum. Unit: kJ/K.
const METAL_KJ_PER_K: f64 = 26.0;
/// Heat the drum loses through its housing. Unit: kW/K.
const METAL_LOSS_KW_PER_K: f64 = 0.008;
/// Heat capacity of the air path with its thin sheet metal. Unit: kJ/K.
const AIR_KJ_PER_K: f64 = 2.0;
/// Heat that passes from metal to air. Unit: kW/K.
const METAL_TO_AIR_KW_PER_K: f64 = 0.035;
/// Draught of the chimney with the fan off, as heat carried. Unit: kW/K.
const DRAUGHT_KW_PER_K: f64 = 0.020;
/// What the fan adds at 100 %. Unit: kW/K.
const FAN_KW_PER_K: f64 = 0.026;
/// Share of the fan that is left for the drum while the cooling tray uses it too.
const FAN_SHARE_WHILE_COOLING: f64 = 0.7;
/// Heat that passes from air to beans at 100 % air and a turning drum, for [`USUAL_KG`]. Unit: kW/K.
const AIR_TO_BEANS_KW_PER_K: f64 = 0.048;
/// Heat that passes from metal to beans in a turning drum, for [`USUAL_KG`]. Unit: kW/K.
const METAL_TO_BEANS_KW_PER_K: f64 = 0.018;
/// The batch the machine is made for. Unit: kg.
pub const USUAL_KG: f64 = 5.0;
/// Cold air that comes in while the front door lets the beans out. Unit: kW/K.
const DOOR_KW_PER_K: f64 = 0.07;
/// How long the door stays open. Unit: s.
const DOOR_OPEN_S: f64 = 18.0;
/// Hard-wired limit: above this drum air the gas valve shuts. Unit: °C.
const LIMIT_SHUTS_C: f64 = 320.0;
/// Below this drum air the gas valve may open again. Unit: °C.
const LIMIT_OPENS_C: f64 = 300.0;
/// Lag of the bean probe in beans, and in air, which carries less heat to it. Unit: s.
const BT_TAU_S: f64 = 26.0;
const BT_TAU_EMPTY_S: f64 = 22.0;
/// Lag of the air probe. Unit: s.
const ET_TAU_S: f64 = 9.0;
/// Lag of the thin probes before and behind the drum. Unit: s.
const DUCT_TAU_S: f64 = 4.0;
/// What the duct behind the drum takes away before its probe, as a share of the way to room temperature.
const EXHAUST_LOSS: f64 = 0.12;
/// Share of air in what the bean probe sees: surrounded by beans, and in an empty drum.
const BT_SEES_AIR: f64 = 0.10;
const BT_SEES_AIR_EMPTY: f64 = 0.40;
/// Share of cold room air in what the bean probe sees beside the open door.
const BT_SEES_ROOM_AT_OPEN_DOOR: f64 = 0.30;

/// What the controls are set to. Shares of full scale, `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Settings {
    /// Gas valve.
    pub burner: f64,
    /// Fan.
    pub airflow: f64,
    /// Drum speed.
    pub drum: f64,
    /// Whether the cooling tray's damper takes a share of the fan. `0` or `1`.
    pub cooling: f64,
}

/// What the probes show, without noise. Unit: °C.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Probes {
    /// In the beans, or in the empty drum.
    pub bt: f64,
    /// In the drum's air.
    pub et: f64,
    /// Before the drum.
    pub inlet: f64,
    /// Behind the drum.
    pub exhaust: f64,
}

/// Whether the hard-wired limit lets gas through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum GasValve {
    Open,
    ShutByLimit,
}

/// The machine: how hot each lump is, and what is in the drum.
#[derive(Debug, Clone, PartialEq)]
pub struct Roaster {
    flame_kw: f64,
    metal: f64,
    air: f64,
    beans: Option<Beans>,
    door_open_s: f64,
    valve: GasValve,
    probes: Probes,
}

impl Roaster {
    /// A machine whose every part has this temperature. Unit: °C.
    pub fn at(celsius: f64) -> Self {
        Self {
            flame_kw: 0.0,
            metal: celsius,
            air: celsius,
            beans: None,
            door_open_s: 0.0,
            valve: GasValve::Open,
            probes: Probes { bt: celsius, et: celsius, inlet: celsius, exhaust: celsius },
        }
    }

    /// What the probes show.
    pub fn probes(&self) -> Probes {
        self.probes
    }

    /// What is in the drum.
    pub fn beans(&self) -> Option<&Beans> {
        self.beans.as_ref()
    }

    /// Shuts the door and lets green beans in. What was in the drum stays, so a full one takes none.
    pub fn charge(&mut self, weight_kg: f64) {
        if self.beans.is_none() {
            self.beans = Some(Beans::green(weight_kg, ROOM_C));
            self.door_open_s = 0.0;
        }
    }

    /// Opens the door and lets the beans out.
    pub fn drop_beans(&mut self) {
        if self.beans.take().is_some() {
            self.door_open_s = DOOR_OPEN_S;
        }
    }

    /// Goes on by [`STEP_S`].
    pub fn step(&mut self, settings: &Settings) {
        let through_kw_per_k = draught(settings);
        self.burn(settings.burner, through_kw_per_k);
        let into_air_kw = self.flame_kw * (1.0 - FLAME_TO_METAL);
        let inlet = ROOM_C + into_air_kw / through_kw_per_k;
        let metal_to_air_kw = METAL_TO_AIR_KW_PER_K * (self.metal - self.air);
        let (air_to_beans_kw, metal_to_beans_kw) = self.heat_beans(settings);
        let door_kw = if self.door_open_s > 0.0 { DOOR_KW_PER_K * (self.air - ROOM_C) } else { 0.0 };
        self.door_open_s = (self.door_open_s - STEP_S).max(0.0);

        let metal_kw = self.flame_kw * FLAME_TO_METAL
            - metal_to_air_kw
            - metal_to_beans_kw
            - METAL_LOSS_KW_PER_K * (self.metal - ROOM_C);
        let air_kw = through_kw_per_k * (inlet - self.air) + metal_to_air_kw - air_to_beans_kw - door_kw;
        self.metal += metal_kw * STEP_S / METAL_KJ_PER_K;
        self.air += air_kw * STEP_S / AIR_KJ_PER_K;
        self.see(inlet);
    }

    fn burn(&mut self, burner: f64, through_kw_per_k: f64) {
        self.valve = match self.valve {
            GasValve::Open if self.air > LIMIT_SHUTS_C => GasValve::ShutByLimit,
            GasValve::ShutByLimit if self.air < LIMIT_OPENS_C => GasValve::Open,
            valve @ (GasValve::Open | GasValve::ShutByLimit) => valve,
        };
        let wanted_kw = if self.valve == GasValve::Open { FLAME_KW * burner } else { 0.0 };
        self.flame_kw += (wanted_kw - self.flame_kw) * STEP_S / FLAME_TAU_S;
        self.flame_kw = self.flame_kw.min(FLAME_PER_DRAUGHT_K * through_kw_per_k);
    }

    /// Passes heat to the beans; what air and metal lost to them. Unit: kW.
    fn heat_beans(&mut self, settings: &Settings) -> (f64, f64) {
        let Some(beans) = &mut self.beans else { return (0.0, 0.0) };
        // Surface grows slower than weight in a fuller drum.
        let surface = (beans.dry_kg() / USUAL_KG).powf(0.7);
        // A still drum lets beans lie on the metal and hides them from the air.
        let tumbling = 0.35 + 0.65 * (settings.drum / 0.6).min(1.0);
        let blowing = 0.45 + 0.55 * settings.airflow;
        let from_air_kw = AIR_TO_BEANS_KW_PER_K * surface * tumbling * blowing * (self.air - beans.celsius());
        let from_metal_kw = METAL_TO_BEANS_KW_PER_K * surface * (1.6 - 0.6 * tumbling) * (self.metal - beans.celsius());
        beans.step(from_air_kw + from_metal_kw, STEP_S);
        (from_air_kw, from_metal_kw)
    }

    fn see(&mut self, inlet: f64) {
        let (bt, bt_tau_s) = match &self.beans {
            Some(beans) => (mix(beans.celsius(), self.air, BT_SEES_AIR), BT_TAU_S),
            None => (mix(self.metal, self.air, BT_SEES_AIR_EMPTY), BT_TAU_EMPTY_S),
        };
        let bt = if self.door_open_s > 0.0 { mix(bt, ROOM_C, BT_SEES_ROOM_AT_OPEN_DOOR) } else { bt };
        follow(&mut self.probes.bt, bt, bt_tau_s);
        follow(&mut self.probes.et, self.air, ET_TAU_S);
        follow(&mut self.probes.inlet, inlet, DUCT_TAU_S);
        follow(&mut self.probes.exhaust, mix(self.air, ROOM_C, EXHAUST_LOSS), DUCT_TAU_S);
    }
}

/// Air that passes the drum, as heat carried. Unit: kW/K.
fn draught(settings: &Settings) -> f64 {
    let fan_share = if settings.cooling >= 0.5 { FAN_SHARE_WHILE_COOLING } else { 1.0 };
    DRAUGHT_KW_PER_K + FAN_KW_PER_K * settings.airflow * fan_share
}

fn mix(a: f64, b: f64, share_of_b: f64) -> f64 {
    a + (b - a) * share_of_b
}

fn follow(probe: &mut f64, target: f64, tau_s: f64) {
    *probe += (target - *probe) * STEP_S / tau_s;
}
