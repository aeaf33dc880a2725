//! The disk side.
