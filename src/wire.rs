//! What the OpenRoast dialect and REST say in the same words: the first section of the wire contract speaks both, so a
//! state, an alarm or a control looks the same in a frame and in an answer.
//!
//! [`words`] are its closed vocabularies, [`codes`] its error codes, [`views`] and [`storage`] its shared shapes; [`fields`] reads what clients send.

pub mod codes;
pub mod commands;
pub mod fields;
pub mod storage;
pub mod task;
pub mod views;
pub mod words;

#[cfg(test)]
mod typescript;

use hearth_actors::model::time::WallMs;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A moment as RFC 3339 text in UTC; `None` where it lies outside the years that form can write.
pub fn rfc3339(at: WallMs) -> Option<String> {
    OffsetDateTime::from_unix_timestamp_nanos(i128::from(at.0) * 1_000_000).ok()?.format(&Rfc3339).ok()
}

/// Reads RFC 3339 text. Precision: ms.
pub fn parse_rfc3339(text: &str) -> Option<WallMs> {
    let nanos = OffsetDateTime::parse(text, &Rfc3339).ok()?.unix_timestamp_nanos();
    i64::try_from(nanos.div_euclid(1_000_000)).ok().map(WallMs)
}

/// A sender's clock may be off by so much. Source: wire contract 2. Unit: ms.
const CLOCK_OFF_MS: i64 = 5 * 60 * 1000;

/// Reads when somebody else says that something was taken; too far from our own clock, the nearest moment within counts.
pub fn senders_moment(text: &str, now: WallMs) -> Option<WallMs> {
    parse_rfc3339(text).map(|at| WallMs(at.0.clamp(now.0 - CLOCK_OFF_MS, now.0 + CLOCK_OFF_MS)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_back_what_it_wrote() {
        assert_eq!(rfc3339(WallMs(1_767_225_600_250)).as_deref(), Some("2026-01-01T00:00:00.25Z"));
        assert_eq!(parse_rfc3339("2026-01-01T01:00:00.25+01:00"), Some(WallMs(1_767_225_600_250)));
    }

    #[test]
    fn a_moment_no_calendar_holds_is_not_written() {
        assert_eq!(rfc3339(WallMs(i64::MAX)), None);
    }
}
