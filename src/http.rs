//! The web side.

pub mod problem;
pub mod rest;
