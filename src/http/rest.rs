//! REST under `/api`: the shapes of its bodies, how they are read, and profiles as files.

pub mod bodies;
pub mod document;
pub mod exchange;
pub mod wire;
