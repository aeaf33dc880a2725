//! From raw registers to a native value and back. Pure.

use serde::{Deserialize, Serialize};

use crate::config::modbus::{RawType, Source, WordOrder};

/// Raw bits as they go to the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// One coil.
    Bit(bool),
    /// One register.
    Word(u16),
    /// Two registers, lower address first.
    Pair([u16; 2]),
}

/// Why registers hold no value, or a value cannot be written. The message goes to people.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum CodecError {
    /// The device sent fewer items than the value needs.
    #[error("{got} of {needed} registers came")]
    Incomplete {
        /// What came.
        got: usize,
        /// What is needed.
        needed: usize,
    },
    /// A digit above nine.
    #[error("0x{0:04X} is not binary-coded decimal")]
    NotDecimal(u32),
    /// Not a finite number.
    #[error("the floating-point number is not finite (0x{0:08X})")]
    NotFinite(u32),
    /// Outside the raw type.
    #[error("{native} does not fit the register ({kind:?})")]
    Unfit {
        /// What was to be written.
        native: f64,
        /// Into what.
        kind: RawType,
    },
}

/// The native value in a bit.
pub fn decode_bit(source: &Source, bit: bool) -> f64 {
    source.native(f64::from(u8::from(bit)))
}

/// The native value in registers, lower address first.
///
/// # Errors
/// When they hold none: too few, a digit above nine, a float that is not finite.
pub fn decode_words(source: &Source, order: WordOrder, words: &[u16]) -> Result<f64, CodecError> {
    let raw = match (source.kind(), words) {
        (RawType::Bool, [word]) => f64::from(u8::from(*word != 0)),
        (RawType::U16, [word]) => f64::from(*word),
        (RawType::I16, [word]) => f64::from(word.cast_signed()),
        (RawType::Bcd16, [word]) => from_bcd(u32::from(*word))?,
        (RawType::U32, [a, b]) => f64::from(joined(order, *a, *b)),
        (RawType::I32, [a, b]) => f64::from(joined(order, *a, *b).cast_signed()),
        (RawType::F32, [a, b]) => from_float(joined(order, *a, *b))?,
        (RawType::Bcd32, [a, b]) => from_bcd(joined(order, *a, *b))?,
        (kind, words) => {
            return Err(CodecError::Incomplete { got: words.len(), needed: usize::from(kind.words()) });
        }
    };
    Ok(source.native(raw))
}

/// The raw bits for a native value, rounded to what the type can hold.
///
/// # Errors
/// When it does not fit.
pub fn encode(source: &Source, order: WordOrder, native: f64) -> Result<Payload, CodecError> {
    let unfit = CodecError::Unfit { native, kind: source.kind() };
    let raw = source.raw(native).ok_or(unfit)?;
    Ok(match source.kind() {
        RawType::Bool if source.register.is_bits() => Payload::Bit(raw != 0.0),
        RawType::Bool | RawType::U16 => Payload::Word(raw as u16),
        RawType::I16 => Payload::Word((raw as i16).cast_unsigned()),
        RawType::Bcd16 => Payload::Word((to_bcd(raw as u32) & 0xFFFF) as u16),
        RawType::U32 => split(order, raw as u32),
        RawType::I32 => split(order, (raw as i32).cast_unsigned()),
        RawType::F32 => split(order, (raw as f32).to_bits()),
        RawType::Bcd32 => split(order, to_bcd(raw as u32)),
    })
}

fn joined(order: WordOrder, first: u16, second: u16) -> u32 {
    let (high, low) = match order {
        WordOrder::LowFirst => (second, first),
        WordOrder::HighFirst => (first, second),
    };
    u32::from(high) << 16 | u32::from(low)
}

fn split(order: WordOrder, bits: u32) -> Payload {
    let (high, low) = ((bits >> 16) as u16, (bits & 0xFFFF) as u16);
    Payload::Pair(match order {
        WordOrder::LowFirst => [low, high],
        WordOrder::HighFirst => [high, low],
    })
}

fn from_float(bits: u32) -> Result<f64, CodecError> {
    let number = f32::from_bits(bits);
    if number.is_finite() { Ok(f64::from(number)) } else { Err(CodecError::NotFinite(bits)) }
}

fn from_bcd(bits: u32) -> Result<f64, CodecError> {
    (0..8).rev().map(|digit| bits >> (4 * digit) & 0xF).try_fold(0.0, |sum, digit| {
        if digit > 9 { Err(CodecError::NotDecimal(bits)) } else { Ok(sum * 10.0 + f64::from(digit)) }
    })
}

fn to_bcd(number: u32) -> u32 {
    (0..8).fold(0, |bits, digit| bits | (number / 10u32.pow(digit) % 10) << (4 * digit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::modbus::Register;
    use proptest::prelude::*;

    const BOTH: [WordOrder; 2] = [WordOrder::LowFirst, WordOrder::HighFirst];
    const WORD_TYPES: [RawType; 8] = [
        RawType::Bool,
        RawType::U16,
        RawType::I16,
        RawType::U32,
        RawType::I32,
        RawType::F32,
        RawType::Bcd16,
        RawType::Bcd32,
    ];

    fn holding(kind: RawType) -> Source {
        Source {
            register: Register::Holding,
            address: 0,
            raw_type: Some(kind),
            divisor: 1.0,
            offset: 0.0,
            unit_id: None,
            word_order: None,
        }
    }

    fn decoded(kind: RawType, order: WordOrder, words: &[u16]) -> Result<f64, CodecError> {
        decode_words(&holding(kind), order, words)
    }

    #[test]
    fn one_word_means_what_its_type_says() {
        for order in BOTH {
            assert_eq!(decoded(RawType::U16, order, &[0xFFFF]), Ok(65_535.0));
            assert_eq!(decoded(RawType::I16, order, &[0xFB2E]), Ok(-1_234.0));
            assert_eq!(decoded(RawType::I16, order, &[0x8000]), Ok(-32_768.0));
            assert_eq!(decoded(RawType::Bcd16, order, &[0x0650]), Ok(650.0));
            assert_eq!(decoded(RawType::Bool, order, &[0x0100]), Ok(1.0));
            assert_eq!(decoded(RawType::Bool, order, &[0]), Ok(0.0));
        }
    }

    #[test]
    fn two_words_mean_what_their_type_and_order_say() {
        let both_ways = |kind, high: u16, low: u16, value: f64| {
            assert_eq!(decoded(kind, WordOrder::HighFirst, &[high, low]), Ok(value), "{kind:?} high first");
            assert_eq!(decoded(kind, WordOrder::LowFirst, &[low, high]), Ok(value), "{kind:?} low first");
        };
        both_ways(RawType::U32, 0x0001, 0x0002, 65_538.0);
        both_ways(RawType::U32, 0xFFFF, 0xFFFF, 4_294_967_295.0);
        both_ways(RawType::I32, 0xFFFF, 0xFFFE, -2.0);
        both_ways(RawType::I32, 0x8000, 0x0000, -2_147_483_648.0);
        both_ways(RawType::F32, 0x42F6, 0xE979, f64::from(123.456_f32));
        both_ways(RawType::F32, 0xC1C8, 0x0000, -25.0);
        both_ways(RawType::Bcd32, 0x0000, 0x4321, 4_321.0);
        both_ways(RawType::Bcd32, 0x1234, 0x5678, 12_345_678.0);
    }

    #[test]
    fn what_cannot_be_a_number_is_not_read_as_one() {
        for order in BOTH {
            for bits in [f32::NAN.to_bits(), f32::INFINITY.to_bits(), f32::NEG_INFINITY.to_bits()] {
                let Payload::Pair(words) = split(order, bits) else { unreachable!() };
                assert_eq!(decoded(RawType::F32, order, &words), Err(CodecError::NotFinite(bits)));
            }
            assert_eq!(decoded(RawType::Bcd16, order, &[0x1A34]), Err(CodecError::NotDecimal(0x1A34)));
            assert!(decoded(RawType::Bcd32, order, &[0x1234, 0xF000]).is_err());
            assert!(decoded(RawType::Bcd32, order, &[0xF000, 0x1234]).is_err());
        }
    }

    #[test]
    fn a_short_answer_is_never_indexed_out_of_bounds() {
        for kind in WORD_TYPES {
            for words in [&[][..], &[1][..], &[1, 2][..], &[1, 2, 3][..]] {
                let fits = words.len() == usize::from(kind.words());
                assert_eq!(decoded(kind, WordOrder::LowFirst, words).is_ok(), fits, "{kind:?} {words:?}");
            }
        }
    }

    #[test]
    fn writing_rounds_to_the_raw_type() {
        let tenths = Source { divisor: 10.0, ..holding(RawType::I16) };
        assert_eq!(encode(&tenths, WordOrder::LowFirst, -12.34), Ok(Payload::Word((-123_i16).cast_unsigned())));
        assert_eq!(encode(&holding(RawType::Bcd16), WordOrder::LowFirst, 650.0), Ok(Payload::Word(0x0650)));
        let coil = Source { register: Register::Coil, raw_type: None, ..holding(RawType::Bool) };
        assert_eq!(encode(&coil, WordOrder::LowFirst, 1.0), Ok(Payload::Bit(true)));
    }

    #[test]
    fn what_does_not_fit_is_refused_not_wrapped() {
        let refused = |kind, native: f64| {
            let result = encode(&holding(kind), WordOrder::LowFirst, native);
            assert!(matches!(result, Err(CodecError::Unfit { .. })), "{kind:?} {native}: {result:?}");
        };
        refused(RawType::U16, 65_535.6);
        refused(RawType::U16, -0.6);
        refused(RawType::I16, 32_768.0);
        refused(RawType::U32, 4_294_967_296.0);
        refused(RawType::I32, -2_147_483_649.0);
        refused(RawType::Bcd16, 10_000.0);
        refused(RawType::Bcd32, 100_000_000.0);
        refused(RawType::Bool, 2.0);
        refused(RawType::F32, 1e39);
        for kind in WORD_TYPES {
            refused(kind, f64::NAN);
            refused(kind, f64::INFINITY);
        }
    }

    proptest! {
        #[test]
        fn what_was_written_reads_back(kind in 0..WORD_TYPES.len(), share in 0.0..1.0f64, high_first: bool) {
            let (kind, order) = (WORD_TYPES[kind], BOTH[usize::from(high_first)]);
            let source = holding(kind);
            let (least, most) = kind.range();
            let raw = (least / 2.0 + share * (most / 2.0 - least / 2.0)).round();
            let words = match encode(&source, order, raw).unwrap() {
                Payload::Word(word) => vec![word],
                Payload::Pair(pair) => pair.to_vec(),
                Payload::Bit(_) => unreachable!(),
            };
            let read = decode_words(&source, order, &words).unwrap();
            prop_assert!((read - raw).abs() <= raw.abs() * 1e-7, "{read} for {raw}");
        }

        #[test]
        fn any_words_decode_to_a_finite_number_or_a_reason(kind in 0..WORD_TYPES.len(), words in prop::collection::vec(any::<u16>(), 0..4)) {
            if let Ok(value) = decode_words(&holding(WORD_TYPES[kind]), WordOrder::LowFirst, &words) {
                prop_assert!(value.is_finite());
            }
        }
    }
}
