//! A serial port: its settings, what they mean in time, and how it is opened.

use std::time::Duration;

use tokio_serial::{ClearBuffer, DataBits, SerialPort, SerialPortBuilderExt, SerialStream, StopBits};

use super::failure::Failure;
use crate::config::modbus::{Parity, RtuConfig};

/// Above this rate the silence between frames no longer shrinks. Unit: baud. Source: Modbus over serial line 1.02, 2.5.1.1.
const FIXED_GAP_ABOVE_BAUD: u32 = 19_200;
/// The silence above that rate. Unit: µs. Source: as above.
const FIXED_GAP_US: u64 = 1_750;

/// A port and how it is to be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SerialLine {
    /// Path of the port.
    pub port: String,
    /// Bits per second.
    pub baud: u32,
    /// Parity.
    pub parity: Parity,
    /// Stop bits, 1 or 2.
    pub stop_bits: u8,
}

impl SerialLine {
    /// The line a configuration describes.
    pub fn new(config: &RtuConfig) -> Self {
        Self { port: config.port.clone(), baud: config.baud, parity: config.parity, stop_bits: config.stop_bits }
    }

    /// Its settings as people write them: `9600 8N1`.
    pub fn settings(&self) -> String {
        let parity = match self.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        format!("{} 8{parity}{}", self.baud, self.stop_bits)
    }

    /// Whether two lines run alike, wherever they are.
    pub fn runs_like(&self, other: &Self) -> bool {
        (self.baud, self.parity, self.stop_bits) == (other.baud, other.parity, other.stop_bits)
    }

    /// The silence that separates frames (t3.5).
    pub fn gap(&self) -> Duration {
        if self.baud > FIXED_GAP_ABOVE_BAUD { Duration::from_micros(FIXED_GAP_US) } else { self.characters(3.5) }
    }

    /// How long so many bytes are on the wire.
    pub fn wire_time(&self, bytes: u32) -> Duration {
        self.characters(f64::from(bytes))
    }

    /// Opens the port for this process alone and forgets what it had received. Needs a tokio runtime.
    ///
    /// # Errors
    /// When it cannot be opened; the hint says what to look at.
    pub fn open(&self) -> Result<SerialStream, Failure> {
        let parity = match self.parity {
            Parity::None => tokio_serial::Parity::None,
            Parity::Even => tokio_serial::Parity::Even,
            Parity::Odd => tokio_serial::Parity::Odd,
        };
        let stop_bits = if self.stop_bits == 2 { StopBits::Two } else { StopBits::One };
        let stream = tokio_serial::new(&self.port, self.baud)
            .data_bits(DataBits::Eight)
            .parity(parity)
            .stop_bits(stop_bits)
            .open_native_async()
            .map_err(|error| open_failure(&error))?;
        stream.clear(ClearBuffer::Input).map_err(|error| open_failure(&error))?;
        Ok(stream)
    }

    fn characters(&self, number: f64) -> Duration {
        let parity_bits = if self.parity == Parity::None { 0.0 } else { 1.0 };
        let bits = 1.0 + 8.0 + parity_bits + f64::from(self.stop_bits);
        Duration::from_secs_f64(number * bits / f64::from(self.baud.max(1)))
    }
}

fn open_failure(error: &tokio_serial::Error) -> Failure {
    use std::io::ErrorKind;
    let hint = match error.kind() {
        tokio_serial::ErrorKind::Io(ErrorKind::PermissionDenied) => {
            "permission denied: add the user that runs hearth to the group dialout and log in again"
        }
        tokio_serial::ErrorKind::Io(ErrorKind::NotFound) => {
            "there is no such port: is the adapter plugged in? See ls /dev/serial/by-id"
        }
        tokio_serial::ErrorKind::NoDevice => "another program holds the port: close it, or find it with fuser",
        tokio_serial::ErrorKind::InvalidInput | tokio_serial::ErrorKind::Unknown | tokio_serial::ErrorKind::Io(_) => {
            "is this really a serial port, and can it run with these settings?"
        }
    };
    Failure::broken(error.to_string(), hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(baud: u32, parity: Parity, stop_bits: u8) -> SerialLine {
        SerialLine { port: "/dev/ttyUSB0".into(), baud, parity, stop_bits }
    }

    #[test]
    fn the_gap_is_three_and_a_half_characters_and_fixed_above_19200() {
        assert_eq!(line(9_600, Parity::None, 1).gap().as_micros(), 3_645);
        assert_eq!(line(19_200, Parity::Even, 1).gap().as_micros(), 2_005);
        assert_eq!(line(115_200, Parity::None, 1).gap().as_micros(), 1_750);
    }

    #[test]
    fn ten_registers_at_9600_take_as_long_as_measured() {
        let line = line(9_600, Parity::None, 1);
        let whole = line.wire_time(8 + 5 + 20) + 2 * line.gap();
        assert!((whole.as_secs_f64() - 0.0417).abs() < 0.0001, "{whole:?}");
    }

    #[tokio::test]
    async fn a_port_that_is_not_there_is_told_with_a_hint() {
        let gone = SerialLine { port: "/dev/no-such-port".into(), ..line(9_600, Parity::None, 1) };
        let Err(Failure::Broken { hint, .. }) = gone.open() else { panic!("opened") };
        assert!(hint.contains("plugged in"), "{hint}");
    }

    #[test]
    fn settings_read_as_people_write_them() {
        assert_eq!(line(19_200, Parity::Odd, 2).settings(), "19200 8O2");
    }
}
