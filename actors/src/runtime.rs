//! Floor 3: plumbing without decisions.

pub mod bus;
pub mod clock;
pub mod conditions;
pub mod desk;
pub mod drive;
pub mod guarded;
pub mod health;
pub mod journal;
pub mod lane;
pub mod promises;
pub mod refresh;
pub mod standing;
pub mod steering;
