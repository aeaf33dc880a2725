//! The disk side: keeps sessions, profiles, machines, programs and tasks behind [`hearth_actors::archive::Archive`].
//!
//! Append-only journals are the truth, one per session; documents of machines and programs, endpoint ids, tasks and the start counter
//! are small files that are whole or not there. sled holds nothing that cannot be made again from them, so its directory may be deleted, garbled or
//! half-written: it is set aside and rebuilt while everything else already works. `layout` shows the directory.
//!
//! ```text
//! Archive --- Store --+-- catalogue (which journals there are) --- reader --- segment --- frame
//!                     |                                                          |        record
//!                     +-- journal (one open for writing) --- writer -------------+
//!                     +-- keeper (background) --- index --- sled
//!                     +-- machines, programs, addresses, tasks, boot, lock   (small files)
//!                     +-- watch (background): how the disk is
//! ```
//! All of them write through one door, `disk`.

pub mod addresses;
pub mod alarms;
pub mod backup;
pub mod began;
pub mod boot;
pub mod catalogue;
pub mod clock;
pub mod disk;
pub mod documents;
pub mod durable;
#[cfg(test)]
#[path = "../tests/support/faults.rs"]
mod faults;
pub mod frame;
pub mod import;
pub mod index;
pub mod journal;
pub mod keeper;
pub mod layout;
pub mod lock;
pub mod machines;
pub mod programs;
pub mod put;
pub mod reader;
pub mod record;
pub mod restore;
#[cfg(test)]
mod samples;
pub mod segment;
pub mod store;
pub mod tasks;
pub mod watch;
pub mod writer;
