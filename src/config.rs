//! Configuration: one typed tree, read from a file, the environment and flags; every fault is told at once.
//!
//! ```text
//! file, variables, flags ── load ──> one tree ── parse ──> Document ── tree::check ──────────┐
//!                                                   └─ each machine: MachineConfig::parse ───┴─> Config, or every fault
//! ```
//! A machine's document is the same in TOML, in REST bodies and in the archive: [`machine::MachineConfig`].

pub mod address;
pub mod channel;
pub mod conditions;
mod control;
pub mod detection;
pub mod dialects;
pub mod driver;
pub mod error;
pub mod faults;
pub mod interlocks;
pub mod load;
pub mod machine;
pub mod modbus;
pub mod network;
mod overrides;
pub mod parse;
pub mod push;
pub mod rules;
pub mod simulator;
mod text;
pub mod together;
pub mod tree;
pub mod users;
pub mod web_origin;
mod words;

use dialects::DialectsConfig;
use machine::MachineConfig;
use tree::{AuthConfig, LimitsConfig, ServerConfig, StorageConfig, SupervisionConfig};

/// The whole configuration, checked. By default: this computer only, built-in limits, no machine.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// Where the daemon is reached.
    pub server: ServerConfig,
    /// Where it keeps things.
    pub storage: StorageConfig,
    /// Who is let in.
    pub auth: AuthConfig,
    /// Bounds against clients that ask too much.
    pub limits: LimitsConfig,
    /// The wire protocols.
    pub dialects: DialectsConfig,
    /// How a machine that crashes is started again.
    pub supervision: SupervisionConfig,
    /// The machines, first those of the file, then those of `machines_dir` by file name.
    pub machines: Vec<MachineConfig>,
}
