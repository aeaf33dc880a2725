//! Configuration.

pub mod faults;
