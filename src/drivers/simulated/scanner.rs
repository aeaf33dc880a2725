//! A 3D scanner: an object on a turntable, a rotor that tilts it, two lights, and a camera.
//!
//! A move is confirmed when the axis is there; readings show where it is on its way.

use hearth_actors::driver::Picture;

use super::picture::{Scene, draw};
use super::stand::{Listed, Physics, Reach};
use super::travel::Travel;

/// Time the turntable takes. Unit: ms per degree.
pub const TURNTABLE_MS_PER_DEGREE: f64 = 20.0;
/// Time the rotor takes. Unit: ms per degree.
pub const ROTOR_MS_PER_DEGREE: f64 = 40.0;
/// Light on the object with the ring light, and behind it with the back light at 100 %. Unit: lux.
const RING_LUX: f64 = 800.0;
const BACK_LUX: f64 = 600.0;

/// A part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Turntable. Unit: degree.
    Turntable,
    /// Rotor. Unit: degree.
    Rotor,
    /// Light around the camera, 0 or 1.
    RingLight,
    /// Light behind the object. Unit: %.
    BackLight,
    /// Camera; as a sensor it is its light meter. Unit: lux.
    Camera,
}

/// The scanner.
#[derive(Debug, Clone, PartialEq)]
pub struct Scanner {
    turntable: Travel,
    rotor: Travel,
    ring: f64,
    back_pct: f64,
}

impl Default for Scanner {
    fn default() -> Self {
        Self { turntable: Travel::resting_at(0.0), rotor: Travel::resting_at(0.0), ring: 0.0, back_pct: 0.0 }
    }
}

impl Physics for Scanner {
    type Part = Part;

    const PARTS: &'static [Listed<Part>] = &[
        Listed { id: "turntable", part: Part::Turntable, reach: Reach::Slider(0.0, 360.0) },
        Listed { id: "rotor", part: Part::Rotor, reach: Reach::Slider(-90.0, 90.0) },
        Listed { id: "ring_light", part: Part::RingLight, reach: Reach::Switch },
        Listed { id: "back_light", part: Part::BackLight, reach: Reach::Slider(0.0, 100.0) },
        Listed { id: "camera", part: Part::Camera, reach: Reach::Sensor(0.0) },
    ];

    fn step(&mut self) {}

    fn get(&self, part: Part, now_ms: u64) -> f64 {
        match part {
            Part::Turntable => self.turntable.at(now_ms),
            Part::Rotor => self.rotor.at(now_ms),
            Part::RingLight => self.ring,
            Part::BackLight => self.back_pct,
            Part::Camera => RING_LUX * self.ring + BACK_LUX * self.back_pct / 100.0,
        }
    }

    fn set(&mut self, part: Part, value: f64, now_ms: u64) -> u64 {
        match part {
            Part::Turntable => return self.turntable.go(value, TURNTABLE_MS_PER_DEGREE, now_ms),
            Part::Rotor => return self.rotor.go(value, ROTOR_MS_PER_DEGREE, now_ms),
            Part::RingLight => self.ring = value,
            Part::BackLight => self.back_pct = value,
            Part::Camera => {}
        }
        0
    }

    fn picture(&self, part: Part, now_ms: u64) -> Option<Picture> {
        let scene = Scene {
            turned: self.turntable.at(now_ms).to_radians(),
            tilted: self.rotor.at(now_ms).to_radians(),
            ring: self.ring,
            back: self.back_pct / 100.0,
        };
        if part == Part::Camera { draw(&scene) } else { None }
    }
}
