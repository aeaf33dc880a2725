//! What the system grants this process: how many descriptors it may open, and what its computer is called.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::system::uname;

/// As many descriptors as the largest limits of a configuration can use.
const ENOUGH: u64 = 1 << 16;

/// How many descriptors this process may open.
pub fn limit() -> usize {
    let most = getrlimit(Resource::Nofile).current.unwrap_or(ENOUGH);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// Asks for as many as it may have: the usual limit is a thousand.
pub fn raise_limit() {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = maximum.unwrap_or(ENOUGH).min(ENOUGH);
    if current.is_none_or(|current| current >= wanted) {
        return;
    }
    if let Err(error) = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }) {
        tracing::warn!(%error, "no more descriptors are granted: fewer connections are let in");
    }
}

/// What this computer is called.
pub fn hostname() -> String {
    uname().nodename().to_string_lossy().into_owned()
}
