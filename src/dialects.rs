//! The only list of dialects.

pub mod control_panel;
pub mod openroast;
pub mod webmacs;
