//! The web side: one port, sockets and REST, the UI's files.

pub mod assets;
pub mod bevforge;
pub mod control_panel;
pub mod deeds;
pub mod docs;
pub mod door;
pub mod lines;
pub mod lobby;
pub mod manner;
pub mod metrics;
pub mod openapi;
pub mod openscan;
pub mod operation;
pub mod operations;
pub mod peer;
pub mod perimeter;
pub mod problem;
pub mod reception;
pub mod rest;
pub mod seen;
pub mod server;
pub mod sign_in;
pub mod state;
pub mod tls;
pub mod webmacs;
pub mod websocket;
