//! The only list of dialects.
