//! Floor 0: the words of the house. Plain values, `std` only, no behaviour beyond keeping themselves valid.
//!
//! None of these types is serializable: every boundary (dialect, REST, storage, configuration) owns its own types
//! and converts, so that a rename in here can never break a protocol or a file.

pub mod action;
pub mod alarm;
pub mod channel;
pub mod command;
pub mod connection;
pub mod event;
pub mod fault;
pub mod ids;
pub mod journal;
pub mod mark;
pub mod profile;
pub mod reading;
pub mod refusal;
pub mod session;
pub mod snapshot;
pub mod spec;
pub mod task;
pub mod time;
pub mod units;
