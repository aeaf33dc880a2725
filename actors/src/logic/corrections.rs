//! Corrections: the order that marks must keep, and the judgement of a list of marks that somebody corrected by hand.

use thiserror::Error;

use super::statistics::value_at;
use crate::model::mark::{Mark, MarkKind, MarkSource};
use crate::model::profile::Series;
use crate::model::time::SessionMs;

/// Whether marks of kind `a` must not lie after marks of kind `b`.
///
/// CHARGE comes first, DROP after all but COOL. Second crack may begin before first crack has ended: on a dark, fast roast it does.
pub fn must_precede(a: MarkKind, b: MarkKind) -> bool {
    use MarkKind::{
        Charge, Cool, Drop, DryEnd, FirstCrackEnd, FirstCrackStart, SecondCrackEnd, SecondCrackStart, TurningPoint,
    };
    match (a, b) {
        (FirstCrackEnd, SecondCrackStart | SecondCrackEnd) => false,
        (Charge, Charge) | (Cool, _) => false,
        (Charge, _) | (_, Cool) => true,
        (TurningPoint | DryEnd | FirstCrackStart | FirstCrackEnd | SecondCrackStart | SecondCrackEnd | Drop, _) => {
            a < b
        }
    }
}

/// What is wrong with a list of marks. Every fault of a list is told at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MarkFault {
    /// It lies outside the recording.
    #[error("{kind:?} at {at} lies after the end of the recording at {end}: choose a moment inside it")]
    AfterEnd {
        /// Which mark.
        kind: MarkKind,
        /// Where it was put.
        at: SessionMs,
        /// Length of the recording.
        end: SessionMs,
    },
    /// There is more than one of a kind.
    #[error("{kind:?} is given more than once: keep one")]
    Twice {
        /// Which kind.
        kind: MarkKind,
    },
    /// Two marks stand in an order that no roast has.
    #[error("{first:?} must come before {second:?}: move one of them")]
    OutOfOrder {
        /// The one that belongs first.
        first: MarkKind,
        /// The one that belongs after it.
        second: MarkKind,
    },
}

/// Judges a corrected list of marks and makes it complete, in order of time.
///
/// A mark that stands where one of `present` stands keeps what that one knows; any other is a manual mark with the
/// temperatures of the curves at its moment.
///
/// # Errors
/// Every fault of the list.
pub fn correct(
    wanted: &[(MarkKind, SessionMs)],
    present: &[Mark],
    series: &Series,
    duration: SessionMs,
) -> Result<Vec<Mark>, Vec<MarkFault>> {
    let faults = faults_of(wanted, duration);
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut marks: Vec<Mark> = wanted
        .iter()
        .map(|&(kind, at)| {
            present.iter().find(|m| m.kind == kind && m.at == at).copied().unwrap_or_else(|| Mark {
                kind,
                at,
                source: MarkSource::Manual,
                bt: value_at(&series.timestamp_ms, &series.bt, at.0),
                et: value_at(&series.timestamp_ms, &series.et, at.0),
            })
        })
        .collect();
    marks.sort_by_key(|m| (m.at, m.kind));
    Ok(marks)
}

/// Every fault of a list of marks; none means that it can be taken.
pub fn faults_of(wanted: &[(MarkKind, SessionMs)], duration: SessionMs) -> Vec<MarkFault> {
    let mut faults: Vec<MarkFault> = wanted
        .iter()
        .filter(|(_, at)| *at > duration)
        .map(|&(kind, at)| MarkFault::AfterEnd { kind, at, end: duration })
        .collect();
    let of_kind = |kind| wanted.iter().filter(move |(k, _)| *k == kind);
    faults.extend(
        MarkKind::ALL.into_iter().filter(|&kind| of_kind(kind).count() > 1).map(|kind| MarkFault::Twice { kind }),
    );
    for first in MarkKind::ALL {
        for second in MarkKind::ALL.into_iter().filter(|&second| must_precede(first, second)) {
            let strictly = (first, second) == (MarkKind::Charge, MarkKind::Drop);
            let wrong = |a: SessionMs, b: SessionMs| a > b || (strictly && a == b);
            if of_kind(first).any(|&(_, a)| of_kind(second).any(|&(_, b)| wrong(a, b))) {
                faults.push(MarkFault::OutOfOrder { first, second });
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use MarkKind::{Charge, Drop, DryEnd, FirstCrackEnd, FirstCrackStart, SecondCrackStart, TurningPoint};

    const END: SessionMs = SessionMs(600_000);

    fn ms(marks: &[(MarkKind, u64)]) -> Vec<(MarkKind, SessionMs)> {
        marks.iter().map(|&(kind, at)| (kind, SessionMs(at))).collect()
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let bad = ms(&[(Charge, 500_000), (Drop, 400_000), (DryEnd, 300_000), (DryEnd, 700_000)]);
        let faults = faults_of(&bad, END);
        assert!(faults.contains(&MarkFault::AfterEnd { kind: DryEnd, at: SessionMs(700_000), end: END }));
        assert!(faults.contains(&MarkFault::Twice { kind: DryEnd }));
        assert!(faults.contains(&MarkFault::OutOfOrder { first: Charge, second: Drop }));
        assert!(faults.contains(&MarkFault::OutOfOrder { first: Charge, second: DryEnd }));
    }

    #[test]
    fn a_roast_without_a_charge_or_without_anything_is_taken() {
        assert_eq!(faults_of(&[], END), []);
        assert_eq!(faults_of(&ms(&[(TurningPoint, 60_000), (Drop, 600_000)]), END), []);
    }

    #[test]
    fn second_crack_may_begin_before_first_crack_ends() {
        let dark = ms(&[(FirstCrackStart, 1), (SecondCrackStart, 2), (FirstCrackEnd, 3), (Drop, 4)]);
        assert_eq!(faults_of(&dark, END), []);
    }

    #[test]
    fn charge_and_drop_cannot_share_a_moment() {
        assert_eq!(faults_of(&ms(&[(Charge, 5), (Drop, 5)]), END).len(), 1);
    }

    #[test]
    fn an_untouched_mark_keeps_its_source_and_a_moved_one_gets_the_curve_s_temperature() {
        let detected = Mark {
            kind: Charge,
            at: SessionMs(1_000),
            source: MarkSource::Detected { provisional: false },
            bt: Some(180.0),
            et: None,
        };
        let series = Series {
            timestamp_ms: vec![0, 1_000, 2_000],
            bt: vec![Some(100.0), Some(110.0), Some(120.0)],
            et: vec![None; 3],
            ..Series::default()
        };
        let wanted = ms(&[(Drop, 1_500), (Charge, 1_000)]);
        let marks = correct(&wanted, &[detected], &series, END).unwrap();
        assert_eq!(marks[0], detected);
        assert_eq!((marks[1].kind, marks[1].source, marks[1].bt), (Drop, MarkSource::Manual, Some(115.0)));
    }
}
