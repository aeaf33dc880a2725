//! Somebody who roasts batch after batch at the machine's own panel, for demonstrations.
//!
//! ```text
//!  Preheat --steady at charge temperature: charges--> Roast --drop temperature: drops--> CoolDown --drum is cool--> Preheat
//! ```
//! The stages follow the beans, whoever charges or drops them. An order that comes over the wire takes its control out of the
//! operator's hands until the beans are dropped. A burner that was put out over the wire stays out, also for later batches,
//! until an order lights it again: no heat that nobody asked for. Beans that somebody charged over the wire and forgot are
//! dropped after 20 minutes.

use super::noise::{Purpose, even};
use super::panel::{Control, Panel};
use super::roaster::STEP_S;

/// Bean probe in the empty drum when the beans go in. Unit: °C.
const CHARGE_C: f64 = 204.0;
/// How near to that it must be, and for how long, before the drum counts as evenly hot. Units: °C, s.
const STEADY_WITHIN_C: f64 = 3.0;
const STEADY_S: f64 = 40.0;
/// How often the burner is touched while preheating. Unit: s.
const PREHEAT_LOOK_S: f64 = 10.0;
/// Burner that holds the empty drum at charge temperature, what is added per °C that is missing, and the most. Unit: %.
const HOLD_PCT: f64 = 34.0;
const PREHEAT_PCT_PER_C: f64 = 1.2;
const PREHEAT_PCT_MAX: f64 = 80.0;
/// After charging, the burner stays low this long: the beans soak up the drum's heat. Unit: s.
const SOAK_S: f64 = 45.0;
/// Until then the probe still falls and says nothing about the beans. Unit: s.
const PROBE_FALLS_S: f64 = 75.0;
/// Drop temperatures differ between batches within these bounds. Unit: °C.
const DROP_C_MIN: f64 = 208.0;
const DROP_C_MAX: f64 = 212.0;
/// Longest roast. Unit: s.
const ROAST_S_MAX: f64 = 1_200.0;
/// The drum cools to this between batches, but no shorter and no longer than that. Units: °C, s.
const COOL_TO_C: f64 = 165.0;
const COOL_DOWN_S_MIN: f64 = 60.0;
const COOL_DOWN_S_MAX: f64 = 300.0;
/// How long the cooling tray runs after a drop. Unit: s.
const TRAY_S: f64 = 240.0;
/// Usual drum speed. Unit: %.
const DRUM_PCT: f64 = 60.0;

/// One row of the roast plan: holds while the bean probe shows less than `below_c`.
struct Row {
    below_c: f64,
    burner: f64,
    airflow: f64,
}

const fn row(below_c: f64, burner: f64, airflow: f64) -> Row {
    Row { below_c, burner, airflow }
}

static SOAK: Row = row(f64::INFINITY, 30.0, 40.0);
static PLAN: [Row; 8] = [
    row(125.0, 73.0, 40.0),
    row(145.0, 69.0, 50.0),
    row(165.0, 64.0, 50.0),
    row(180.0, 59.0, 60.0),
    row(190.0, 53.0, 60.0),
    row(198.0, 50.0, 70.0),
    row(204.0, 48.0, 70.0),
    row(f64::INFINITY, 46.0, 70.0),
];

/// What the operator looks at.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// Bean probe. Unit: °C.
    pub bt: f64,
    /// What is in the drum.
    pub drum: DrumFill,
    /// How many batches were charged so far.
    pub batches: u64,
}

/// What is in the drum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrumFill {
    /// Nothing.
    Empty,
    /// Beans.
    Beans,
}

#[derive(Debug, Clone, PartialEq)]
enum Stage {
    Preheat { steady_s: f64, burner: f64, next_look_s: f64 },
    Roast { for_s: f64 },
    CoolDown { for_s: f64 },
}

impl Stage {
    fn preheat() -> Self {
        Self::Preheat { steady_s: 0.0, burner: 0.0, next_look_s: 0.0 }
    }
}

/// The operator: what stage the work is in, and which controls are in other hands.
#[derive(Debug, Clone, PartialEq)]
pub struct Operator {
    seed: u64,
    stage: Stage,
    tray_left_s: f64,
    taken: [bool; Control::ALL.len()],
}

impl Operator {
    /// One who begins by preheating.
    pub fn new(seed: u64) -> Self {
        Self { seed, stage: Stage::preheat(), tray_left_s: 0.0, taken: [false; Control::ALL.len()] }
    }

    /// Hears that a control was set over the wire, and lets go of it.
    pub fn lets_go(&mut self, control: Control) {
        self.taken[control as usize] = true;
    }

    /// Whether a control is in the operator's hands.
    pub fn holds(&self, control: Control) -> bool {
        !self.taken[control as usize]
    }

    /// Works on for one step of the physics: moves the controls that are in the operator's hands.
    pub fn step(&mut self, seen: &Seen, panel: &mut Panel) {
        self.follow(seen, panel);
        self.tray_left_s = (self.tray_left_s - STEP_S).max(0.0);
        let wanted = self.wants(seen);
        for (control, value) in Control::ALL.into_iter().zip(wanted) {
            if self.holds(control) {
                panel.set(control, value);
            }
        }
    }

    /// Moves on to the stage that the beans and the drum are in.
    fn follow(&mut self, seen: &Seen, panel: &Panel) {
        match (&mut self.stage, seen.drum) {
            (Stage::Roast { for_s }, DrumFill::Beans) => *for_s += STEP_S,
            (Stage::Roast { .. }, DrumFill::Empty) => {
                self.stage = Stage::CoolDown { for_s: 0.0 };
                self.tray_left_s = TRAY_S;
                self.take_back(panel);
            }
            (Stage::Preheat { .. } | Stage::CoolDown { .. }, DrumFill::Beans) => {
                self.stage = Stage::Roast { for_s: 0.0 };
            }
            (Stage::CoolDown { for_s }, DrumFill::Empty) => {
                *for_s += STEP_S;
                if *for_s >= COOL_DOWN_S_MIN && (seen.bt <= COOL_TO_C || *for_s >= COOL_DOWN_S_MAX) {
                    self.stage = Stage::preheat();
                }
            }
            (Stage::Preheat { steady_s, burner, next_look_s }, DrumFill::Empty) => {
                let missing_c = CHARGE_C - seen.bt;
                *steady_s = if missing_c.abs() <= STEADY_WITHIN_C { *steady_s + STEP_S } else { 0.0 };
                *next_look_s -= STEP_S;
                if *next_look_s <= 0.0 {
                    *next_look_s = PREHEAT_LOOK_S;
                    *burner = (HOLD_PCT + PREHEAT_PCT_PER_C * missing_c).round().clamp(0.0, PREHEAT_PCT_MAX);
                }
            }
        }
    }

    /// A batch is over: everything is in the operator's hands again, but for a burner that was put out.
    fn take_back(&mut self, panel: &Panel) {
        let put_out = !self.holds(Control::Burner) && panel.get(Control::Burner) <= 0.0;
        self.taken = [false; Control::ALL.len()];
        self.taken[Control::Burner as usize] = put_out;
    }

    /// What the panel should show, in the order of [`Control::ALL`].
    fn wants(&mut self, seen: &Seen) -> [f64; Control::ALL.len()] {
        let tray = f64::from(u8::from(self.tray_left_s > 0.0));
        match self.stage {
            Stage::Preheat { steady_s, burner, .. } => {
                let charge = f64::from(u8::from(steady_s >= STEADY_S));
                [burner, 40.0, DRUM_PCT, tray, charge]
            }
            Stage::Roast { for_s } => {
                if for_s >= ROAST_S_MAX {
                    self.taken[Control::Charge as usize] = false;
                }
                let done = for_s >= ROAST_S_MAX || (for_s >= PROBE_FALLS_S && seen.bt >= self.drop_c(seen.batches));
                let row = plan(for_s, seen.bt);
                [row.burner, row.airflow, DRUM_PCT, tray, f64::from(u8::from(!done))]
            }
            Stage::CoolDown { .. } => [0.0, 80.0, DRUM_PCT, tray, 0.0],
        }
    }

    fn drop_c(&self, batches: u64) -> f64 {
        DROP_C_MIN + (DROP_C_MAX - DROP_C_MIN) * even(self.seed, Purpose::DropTemperature, batches)
    }
}

fn plan(for_s: f64, bt: f64) -> &'static Row {
    if for_s < SOAK_S {
        return &SOAK;
    }
    let [first, ..] = &PLAN;
    if for_s < PROBE_FALLS_S {
        return first;
    }
    PLAN.iter().find(|row| bt < row.below_c).unwrap_or(first)
}
