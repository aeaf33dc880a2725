//! Configuration.

pub mod faults;
pub mod simulator;
