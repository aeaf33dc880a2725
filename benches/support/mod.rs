//! What the load tools share: a daemon of their own, what a process costs, a bare WebSocket, figures and their table.
#![allow(dead_code, reason = "each tool uses its own part")]

pub mod cores;
pub mod crowd;
pub mod figures;
pub mod process;
pub mod report;
pub mod websocket;
