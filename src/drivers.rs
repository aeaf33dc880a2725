//! The only list of drivers.

pub mod simulated;
