//! Faults: something went wrong that is worth telling everybody but changes no state.

/// Which kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FaultCode {
    /// A poll failed; the values of this reading are missing.
    ReadFailed,
    /// A write that nobody is waiting for (a refresh, a fail-safe) failed.
    WriteFailed,
    /// The link to the device was lost.
    Disconnected,
}

/// A fault with its reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Which kind.
    pub code: FaultCode,
    /// In plain words, with a hint.
    pub message: String,
}
