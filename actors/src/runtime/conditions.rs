//! What is wrong with the house itself: each machine has the alarm of it, also one that is added later.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::alarm::{BuiltIn, Cry};

/// The conditions that hold. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    inner: Arc<Mutex<BTreeMap<BuiltIn, Cry>>>,
}

impl Conditions {
    /// From now on this holds.
    pub fn hold(&self, built_in: BuiltIn, cry: Cry) {
        self.lock().insert(built_in, cry);
    }

    /// It is over.
    pub fn end(&self, built_in: BuiltIn) {
        self.lock().remove(&built_in);
    }

    /// All that hold.
    pub fn all(&self) -> BTreeMap<BuiltIn, Cry> {
        self.lock().clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<BuiltIn, Cry>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
