//! Floor 1: decisions. Pure: time is an argument, I/O a returned value, nothing in here reads a clock or waits.

pub mod gate;

pub mod rate;

pub mod corrections;
pub mod detection;
pub mod statistics;

pub mod calendar;
pub mod profile;
pub mod replay;

pub mod alarms;

pub mod backoff;
pub mod restarts;

#[cfg(test)]
mod real_roasts;
