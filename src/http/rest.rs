//! REST under `/api`: the shapes of its bodies.

pub mod wire;
