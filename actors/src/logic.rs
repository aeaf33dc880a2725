//! Floor 1: decisions. Pure: time is an argument, I/O a returned value, nothing in here reads a clock or waits.

pub mod addresses;
pub mod alarms;
pub mod backoff;
pub mod cadence;
pub mod calendar;
pub mod corrections;
pub mod detection;
pub mod gate;
pub mod interlocks;
pub mod lease;
pub mod losses;
pub mod profile;
pub mod program;
pub mod rate;
pub mod replay;
pub mod restarts;
pub mod rise;
pub mod session;
pub mod statistics;
pub mod tasks;

#[cfg(test)]
mod real_roasts;
