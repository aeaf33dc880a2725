//! The heart of Hearth: what a machine is, what a session means, how both stay alive. It knows no HTTP, JSON, Modbus,
//! serial or sled; the world comes in through three doors:
//!
//! - [`driver::Driver`] to the hardware,
//! - [`dialect::Dialect`] to the clients,
//! - [`archive::Archive`] to the disk.
//!
//! Floors, each seeing only those below: [`model`] (words) < [`logic`] (pure decisions) < the doors < [`runtime`]
//! (plumbing) < the actors ([`machine`], [`slot`], [`client`], [`registry`], [`recorder`], [`tasks`]) < [`system`].

pub mod model;

pub mod logic;

pub mod archive;
pub mod dialect;
pub mod driver;

pub mod runtime;

pub mod machine;

pub mod slot;

pub mod client;
pub mod recorder;
pub mod registry;
pub mod tasks;

pub mod system;

#[cfg(any(test, feature = "testing"))]
pub mod testing;
