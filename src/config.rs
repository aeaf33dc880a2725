//! Configuration: one typed tree, read from a file, the environment and flags; every fault is told at once.
//!
//! ```text
//! file, variables, flags ── load ──> one tree ── parse ──> Document ── tree::check ──────────┐
//!                                                   └─ each machine: MachineConfig::parse ───┴─> Config, or every fault
//! ```
//! A machine's document is the same in TOML, in REST bodies and in the archive: [`machine::MachineConfig`].

pub mod channel;
mod control;
pub mod detection;
pub mod driver;
pub mod error;
pub mod faults;
pub mod load;
pub mod machine;
pub mod modbus;
pub mod network;
mod overrides;
pub mod parse;
pub mod rules;
pub mod simulator;
mod text;
pub mod together;
pub mod tree;
mod words;
