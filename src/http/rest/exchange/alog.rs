//! Artisan profiles (`.alog`). Source of the format: roasting reference 4.1.

mod read;
mod write;

use hearth_actors::model::mark::MarkKind;

pub use read::import;
pub use write::export;

/// What the entries of `timeindex` mean, in order.
const TIMEINDEX: [MarkKind; 8] = [
    MarkKind::Charge,
    MarkKind::DryEnd,
    MarkKind::FirstCrackStart,
    MarkKind::FirstCrackEnd,
    MarkKind::SecondCrackStart,
    MarkKind::SecondCrackEnd,
    MarkKind::Drop,
    MarkKind::Cool,
];

/// What the four kinds of special events are called where a file does not say.
const EVENT_TYPES: [&str; 4] = ["Air", "Drum", "Damper", "Burner"];

/// Special events count in tenths of full scale, from one: 1 is 0 %, 11 is 100 %.
const EVENT_STEPS: f64 = 10.0;

#[cfg(test)]
mod tests;
