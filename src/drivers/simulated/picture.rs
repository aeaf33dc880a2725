//! What the scanner's camera sees: a chequered ball with one red field, lit from the camera's side or from behind.

use std::f64::consts::FRAC_PI_4;

use hearth_actors::driver::Picture;

/// Width of a picture. Unit: pixels.
pub const WIDTH: u32 = 160;
/// Height of a picture. Unit: pixels.
pub const HEIGHT: u32 = 120;

/// Radius of the ball. Unit: pixels.
const RADIUS: f64 = 45.0;
/// What dark and light fields throw back, and how bright the wall behind is in the ring light.
const DARK: f64 = 0.25;
const LIGHT: f64 = 0.9;
const WALL: f64 = 0.1;

/// How object and lights stand. Angles in radians, lights `0..=1`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scene {
    /// Turntable.
    pub turned: f64,
    /// Rotor.
    pub tilted: f64,
    /// Light around the camera.
    pub ring: f64,
    /// Light behind the object.
    pub back: f64,
}

/// The scene as a PNG; `None` where it cannot be written down.
pub fn draw(scene: &Scene) -> Option<Picture> {
    let pixels: Vec<u8> = (0..HEIGHT).flat_map(|y| (0..WIDTH).flat_map(move |x| scene.pixel(x, y))).collect();
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, WIDTH, HEIGHT);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(Picture { mime: "image/png", bytes })
}

impl Scene {
    fn pixel(&self, x: u32, y: u32) -> [u8; 3] {
        let across = (f64::from(x) + 0.5 - f64::from(WIDTH) / 2.0) / RADIUS;
        let up = (f64::from(HEIGHT) / 2.0 - f64::from(y) - 0.5) / RADIUS;
        let towards = 1.0 - across * across - up * up;
        let [red, green, blue] = if towards > 0.0 {
            let towards = towards.sqrt();
            self.field(across, up, towards).map(|share| share * self.ring * towards)
        } else {
            [(self.back + WALL * self.ring).min(1.0); 3]
        };
        [red, green, blue].map(|share| (share * 255.0).round() as u8)
    }

    /// Colour of the ball where its surface looks this way.
    fn field(&self, across: f64, up: f64, towards: f64) -> [f64; 3] {
        let (sin, cos) = self.tilted.sin_cos();
        let (height, depth) = (up * cos - towards * sin, up * sin + towards * cos);
        let round = (across.atan2(depth) + self.turned).rem_euclid(std::f64::consts::TAU);
        let (column, row) = ((round / FRAC_PI_4) as i64, (height.clamp(-1.0, 1.0).asin() / FRAC_PI_4).floor() as i64);
        match (column, row) {
            (0, 0) => [LIGHT, 0.1, 0.1],
            _ if (column + row).rem_euclid(2) == 0 => [LIGHT; 3],
            _ => [DARK; 3],
        }
    }
}
