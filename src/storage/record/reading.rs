//! Readings in files: binary, since a long roast has tens of thousands.
//!
//! ```text
//! rates u8 (bit 0: BT, bit 1: ET) | bt_ror f64? | et_ror f64? | count u16 | count x value
//! value: 0 | f64        a number
//!        1..=5 | u32    missing: why, and polls in a row
//! ```
//! Little-endian. What the values belong to is told by the channels that were last written before.

use std::sync::Arc;

use hearth_actors::model::channel::ChannelTable;
use hearth_actors::model::reading::{Missing, MissingReason, News, Reading, Value};
use hearth_actors::model::units::CelsiusPerMinute;

use super::BadRecord;

const NUMBER: u8 = 0;
const BT_RATE: u8 = 1;
const ET_RATE: u8 = 2;

/// Appends a reading's body to `out`.
///
/// # Errors
/// When there are more than 65 535 values.
pub fn encode(reading: &Reading, out: &mut Vec<u8>) -> Result<(), BadRecord> {
    let count = u16::try_from(reading.values.len())
        .map_err(|_| BadRecord(format!("a reading has {} values, at most 65535 fit", reading.values.len())))?;
    let rates = [(BT_RATE, reading.bt_ror), (ET_RATE, reading.et_ror)];
    out.push(rates.iter().filter(|(_, rate)| rate.is_some()).map(|(bit, _)| bit).sum());
    for rate in rates.iter().filter_map(|(_, rate)| *rate) {
        out.extend_from_slice(&rate.0.to_le_bytes());
    }
    out.extend_from_slice(&count.to_le_bytes());
    for value in &reading.values {
        match value {
            Ok(number) => {
                out.push(NUMBER);
                out.extend_from_slice(&number.to_le_bytes());
            }
            Err(missing) => {
                out.push(reason_code(missing.reason));
                out.extend_from_slice(&missing.polls.to_le_bytes());
            }
        }
    }
    Ok(())
}

/// A reading from its body.
///
/// # Errors
/// When the body is not one.
pub fn decode(body: &mut Bytes<'_>, channels: &Arc<ChannelTable>) -> Result<Reading, BadRecord> {
    let rates = body.u8()?;
    if rates & !(BT_RATE | ET_RATE) != 0 {
        return Err(BadRecord::new("a reading has rates of an unknown kind"));
    }
    let mut rate = |bit: u8| -> Result<Option<CelsiusPerMinute>, BadRecord> {
        if rates & bit == 0 { Ok(None) } else { Ok(Some(CelsiusPerMinute(body.f64()?))) }
    };
    let bt_ror = rate(BT_RATE)?;
    let et_ror = rate(ET_RATE)?;
    let count = body.u16()?;
    let values: Result<Box<[Value]>, BadRecord> = (0..count).map(|_| value(body)).collect();
    Ok(Reading { channels: channels.clone(), values: values?, bt_ror, et_ror, news: News::All })
}

fn value(body: &mut Bytes<'_>) -> Result<Value, BadRecord> {
    let code = body.u8()?;
    if code == NUMBER {
        return Ok(Ok(body.f64()?));
    }
    let reason = reason(code).ok_or_else(|| BadRecord(format!("a value is missing for the unknown reason {code}")))?;
    Ok(Err(Missing { reason, polls: body.u32()? }))
}

fn reason_code(reason: MissingReason) -> u8 {
    match reason {
        MissingReason::NotYet => 1,
        MissingReason::Timeout => 2,
        MissingReason::Garbled => 3,
        MissingReason::Rejected => 4,
        MissingReason::Disconnected => 5,
    }
}

fn reason(code: u8) -> Option<MissingReason> {
    [
        MissingReason::NotYet,
        MissingReason::Timeout,
        MissingReason::Garbled,
        MissingReason::Rejected,
        MissingReason::Disconnected,
    ]
    .into_iter()
    .find(|reason| reason_code(*reason) == code)
}

/// Takes little-endian values off the front of a body.
pub struct Bytes<'a>(pub &'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], BadRecord> {
        let (head, rest) = self.0.split_first_chunk().ok_or_else(|| BadRecord::new("the record ends too early"))?;
        self.0 = rest;
        Ok(*head)
    }

    /// One byte.
    ///
    /// # Errors
    /// When the body ends; so for all of these.
    pub fn u8(&mut self) -> Result<u8, BadRecord> {
        Ok(u8::from_le_bytes(self.take()?))
    }

    /// Two bytes.
    ///
    /// # Errors
    /// When the body ends.
    pub fn u16(&mut self) -> Result<u16, BadRecord> {
        Ok(u16::from_le_bytes(self.take()?))
    }

    /// Four bytes.
    ///
    /// # Errors
    /// When the body ends.
    pub fn u32(&mut self) -> Result<u32, BadRecord> {
        Ok(u32::from_le_bytes(self.take()?))
    }

    /// Eight bytes.
    ///
    /// # Errors
    /// When the body ends.
    pub fn u64(&mut self) -> Result<u64, BadRecord> {
        Ok(u64::from_le_bytes(self.take()?))
    }

    /// Sixteen bytes.
    ///
    /// # Errors
    /// When the body ends.
    pub fn u128(&mut self) -> Result<u128, BadRecord> {
        Ok(u128::from_le_bytes(self.take()?))
    }

    /// A float, bit for bit.
    ///
    /// # Errors
    /// When the body ends.
    pub fn f64(&mut self) -> Result<f64, BadRecord> {
        Ok(f64::from_le_bytes(self.take()?))
    }

    /// Checks that nothing is left.
    ///
    /// # Errors
    /// When something is.
    pub fn finish(&self) -> Result<(), BadRecord> {
        if self.0.is_empty() { Ok(()) } else { Err(BadRecord::new("the record goes on after its end")) }
    }
}
