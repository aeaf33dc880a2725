//! The only list of dialects.

pub mod bevforge;
pub mod openroast;
pub mod webmacs;
