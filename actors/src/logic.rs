//! Floor 1: decisions. Pure: time is an argument, I/O a returned value, nothing in here reads a clock or waits.

pub mod gate;
pub mod profile;
