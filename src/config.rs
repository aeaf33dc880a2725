//! Configuration.

pub mod faults;
pub mod modbus;
