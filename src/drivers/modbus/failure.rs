//! Why a request brought nothing: what the links know, before it becomes a `DriverError` that names the request.

use std::io;

use hearth_actors::driver::DriverError;

/// Why a request brought nothing. Cheap to clone, because one broken line fails many requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Not a byte came.
    Silent {
        /// How long was waited.
        after_ms: u64,
        /// What to look at.
        hint: String,
    },
    /// Bytes came until the time was over, but no frame.
    Noise {
        /// How many.
        bytes: usize,
        /// What to look at.
        hint: String,
    },
    /// The device answered with an exception code.
    Refused(u8),
    /// A frame came that cannot be the answer.
    Garbled {
        /// What is wrong with it.
        cause: String,
        /// What to look at.
        hint: String,
    },
    /// There is no link, or it just broke.
    Broken {
        /// The system's own words.
        cause: String,
        /// What to look at.
        hint: String,
    },
}

/// Exception 1, illegal function: the device cannot read that table.
const ILLEGAL_FUNCTION: u8 = 1;
/// Exception 2, illegal data address. Source: Modbus application protocol 1.1b3, 7.
const ILLEGAL_ADDRESS: u8 = 2;
/// Exception 3, illegal data value; some devices use it for a span they do not like.
const ILLEGAL_VALUE: u8 = 3;
/// Exceptions 10 and 11: a gateway speaks for a unit that it cannot reach.
const GATEWAY: [u8; 2] = [10, 11];

impl Failure {
    /// A link that broke or could not be made, with a hint where none is evident from the system's words.
    pub fn broken(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Broken { cause: cause.into(), hint: hint.into() }
    }

    /// A frame that cannot be the answer.
    pub fn garbled(cause: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Garbled { cause: cause.into(), hint: hint.into() }
    }

    /// Whether the device itself spoke, if only to say no.
    pub fn is_from_device(&self) -> bool {
        matches!(self, Self::Refused(code) if !GATEWAY.contains(code))
    }

    /// Whether the device dislikes the addresses that were asked.
    pub fn concerns_addresses(&self) -> bool {
        matches!(self, Self::Refused(ILLEGAL_ADDRESS | ILLEGAL_VALUE))
    }

    /// Whether the device does not have the table that was asked.
    pub fn concerns_table(&self) -> bool {
        matches!(self, Self::Refused(ILLEGAL_FUNCTION))
    }

    /// The same with the request that failed.
    pub fn during(self, what: String) -> DriverError {
        match self {
            Self::Silent { after_ms, hint } => DriverError::Timeout { what, after_ms, hint },
            Self::Noise { bytes, hint } => {
                DriverError::Garbled { what, cause: format!("{bytes} bytes came, but no valid frame"), hint }
            }
            Self::Refused(code) => {
                let (cause, hint) = exception_words(code);
                DriverError::Rejected { what, cause: format!("exception {code}, {cause}"), hint: hint.into() }
            }
            Self::Garbled { cause, hint } => DriverError::Garbled { what, cause, hint },
            Self::Broken { cause, hint } => DriverError::Disconnected { what, cause, hint },
        }
    }
}

/// What an exception code means and what to look at. Source: Modbus application protocol 1.1b3, 7.
fn exception_words(code: u8) -> (&'static str, &'static str) {
    match code {
        1 => ("illegal function", "the device has no such table: try holding instead of input, or the other way round"),
        2 => ("illegal address", "addresses count from 0: 40001 in a manual is holding 0; check register and address"),
        3 => ("illegal value", "the device does not take this value: check type, divisor and limits"),
        4 => ("device failure", "the device itself is in trouble: look at its display"),
        5 => ("accepted but not finished", "the device needs more time than Modbus gives it"),
        6 => ("device busy", "ask less often, or wait until its program has started"),
        8 => ("memory parity error", "the device itself is in trouble: have it checked"),
        10 => ("gateway path unavailable", "check the serial settings of the gateway"),
        11 => ("no answer behind the gateway", "check unit_id, and power and wiring of the device behind the gateway"),
        _ => ("not a standard code", "look it up in the manual of the device"),
    }
}

/// A failed connection to `host:port`, with what to look at.
pub fn dial_failure(error: &io::Error, port: u16) -> Failure {
    let hint = match error.kind() {
        io::ErrorKind::ConnectionRefused => format!("is the device on and Modbus TCP enabled on port {port}?"),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            "no way to this address: check cable, address and network mask".into()
        }
        io::ErrorKind::TimedOut => NOBODY_THERE.into(),
        _ => "check host, port and network".into(),
    };
    Failure::broken(error.to_string(), hint)
}

/// A name that leads nowhere, with what to look at.
pub fn unresolved(error: &io::Error, host: &str) -> Failure {
    let hint = format!("nobody on this network knows the name {host}: check its spelling, or use the device's address");
    Failure::broken(error.to_string(), hint)
}

/// Hint for an address where nothing answers.
pub const NOBODY_THERE: &str = "nothing answers at this address: is the device on and in the same network?";

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_actors::driver::ErrorKind;

    #[test]
    fn every_exception_code_is_a_rejection_with_a_hint() {
        for code in 0..=u8::MAX {
            let error = Failure::Refused(code).during("reading".into());
            assert_eq!(error.kind(), ErrorKind::Rejected);
            let text = error.to_string();
            assert!(text.contains(&format!("exception {code}")) && text.contains('('), "{text}");
        }
    }

    #[test]
    fn a_gateway_that_speaks_for_an_absent_unit_is_not_the_device() {
        assert!(Failure::Refused(2).is_from_device());
        assert!(!Failure::Refused(10).is_from_device());
        assert!(!Failure::Refused(11).is_from_device());
        assert!(!Failure::Silent { after_ms: 1, hint: String::new() }.is_from_device());
    }

    #[test]
    fn a_refused_connection_names_the_port() {
        let text = dial_failure(&io::Error::from(io::ErrorKind::ConnectionRefused), 502).during("connecting".into());
        assert!(text.to_string().contains("port 502"), "{text}");
    }
}
