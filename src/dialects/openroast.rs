//! OpenRoast.

pub mod wire;
