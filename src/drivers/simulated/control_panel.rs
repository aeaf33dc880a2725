//! Physics of a small control panel: a motor, a servo, a valve, and a thermometer between them.
//!
//! The motor confirms a speed after 25 to 75 ms, the servo turns at 1 to 2 ms per degree; how long exactly differs each time.

use super::noise::{Purpose, even};
use super::stand::{Listed, Physics, Reach, STEP_S};
use super::travel::Travel;

/// Temperature of the room. Unit: °C.
pub const ROOM_C: f64 = 22.0;
/// What the motor at full speed adds in the long run with the valve closed. Unit: K.
pub const MOTOR_WARMS_K: f64 = 9.0;
/// Share of that which is left while the valve is open.
const LEFT_WITH_OPEN_VALVE: f64 = 0.6;
/// Time for the panel to follow. Unit: s.
const WARMS_TAU_S: f64 = 60.0;
/// Fastest motor. Its unit is that of its 8-bit driver stage.
const MOTOR_MAX: f64 = 255.0;
/// Time until the motor confirms a speed. Unit: ms.
const MOTOR_MS_MIN: f64 = 25.0;
const MOTOR_MS_MAX: f64 = 75.0;
/// Time the servo takes. Unit: ms per degree.
const SERVO_MS_MIN: f64 = 1.0;
const SERVO_MS_MAX: f64 = 2.0;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Motor speed, `0..=255`.
    Motor,
    /// Servo angle. Unit: degree.
    Servo,
    /// Valve, 0 or 1.
    Valve,
    /// Thermometer. Unit: °C.
    Temperature,
}

/// The panel.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlPanel {
    seed: u64,
    moves: u64,
    motor: Travel,
    motor_target: f64,
    servo: Travel,
    valve: f64,
    celsius: f64,
}

impl ControlPanel {
    /// A panel that rests: motor still, servo in its middle, valve closed.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            moves: 0,
            motor: Travel::resting_at(0.0),
            motor_target: 0.0,
            servo: Travel::resting_at(90.0),
            valve: 0.0,
            celsius: ROOM_C,
        }
    }

    /// A draw between two bounds, another for each move.
    fn draw(&mut self, min: f64, max: f64) -> f64 {
        self.moves += 1;
        min + (max - min) * even(self.seed, Purpose::Latency, self.moves)
    }
}

impl Physics for ControlPanel {
    type Part = Part;

    const PARTS: &'static [Listed<Part>] = &[
        Listed { id: "motor", part: Part::Motor, reach: Reach::Slider(0.0, MOTOR_MAX) },
        Listed { id: "servo", part: Part::Servo, reach: Reach::Slider(0.0, 180.0) },
        Listed { id: "valve", part: Part::Valve, reach: Reach::Switch },
        Listed { id: "temperature", part: Part::Temperature, reach: Reach::Sensor(1.0) },
    ];

    fn step(&mut self) {
        let left = if self.valve >= 0.5 { LEFT_WITH_OPEN_VALVE } else { 1.0 };
        let settles_at = ROOM_C + MOTOR_WARMS_K * left * self.motor_target / MOTOR_MAX;
        self.celsius += (settles_at - self.celsius) * STEP_S / WARMS_TAU_S;
    }

    fn get(&self, part: Part, now_ms: u64) -> f64 {
        match part {
            // Whole numbers: its driver stage knows no others.
            Part::Motor => self.motor.at(now_ms).round(),
            Part::Servo => self.servo.at(now_ms),
            Part::Valve => self.valve,
            Part::Temperature => self.celsius,
        }
    }

    fn set(&mut self, part: Part, value: f64, now_ms: u64) -> u64 {
        match part {
            Part::Motor => {
                let way = (value - self.motor.at(now_ms)).abs();
                let takes_ms = self.draw(MOTOR_MS_MIN, MOTOR_MS_MAX);
                self.motor_target = value;
                self.motor.go(value, if way > 0.0 { takes_ms / way } else { 0.0 }, now_ms)
            }
            Part::Servo => {
                let ms_per_degree = self.draw(SERVO_MS_MIN, SERVO_MS_MAX);
                self.servo.go(value, ms_per_degree, now_ms)
            }
            Part::Valve => {
                self.valve = value;
                0
            }
            Part::Temperature => 0,
        }
    }
}
