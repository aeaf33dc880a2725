//! The daemon: everything that touches the world. `daemon` composes it; the heart is the crate `hearth-actors`.
//!
//! Allowed directions: `main -> daemon -> {http, jobs, drivers, dialects, storage, config} -> wire -> hearth_actors`.

#[cfg(test)]
extern crate self as hearth;

pub mod access;
pub mod cli;
pub mod config;
pub mod daemon;
pub mod dialects;
pub mod drivers;
pub mod guard;
pub mod http;
pub mod jobs;
pub mod storage;
pub mod wire;
