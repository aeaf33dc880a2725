//! The only list of dialects.

pub mod openroast;
pub mod openscan;
