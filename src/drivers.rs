//! The only list of drivers.
