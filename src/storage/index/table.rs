//! Sorted tables of bytes: in sled, or in memory where the disk has no room.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use super::IndexError;
use crate::storage::catalogue::locked;

/// Source: measured in the notes on sled: the default segment size puts larger values into files that are never flushed.
const SEGMENT_BYTES: usize = 8 << 20;
const CACHE_BYTES: u64 = 64 << 20;
/// Seldom: what a power cut takes from the index, the journals give back at the next start.
const FLUSH_EVERY_MS: u64 = 5_000;

/// A database whose last user has just let go needs a moment to free its lock.
const LOCK_TRIES: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(100);

/// Where tables come from.
pub enum Tables {
    /// A sled database.
    Sled(sled::Db),
    /// Memory.
    Memory,
}

impl Tables {
    /// Opens the sled database in a directory.
    ///
    /// # Errors
    /// When sled refuses. On damage it may also panic, or not come back.
    pub fn open(dir: &Path) -> Result<Self, IndexError> {
        let config = sled::Config::new()
            .path(dir)
            .cache_capacity(CACHE_BYTES)
            .segment_size(SEGMENT_BYTES)
            .flush_every_ms(Some(FLUSH_EVERY_MS));
        let mut tries = 0;
        loop {
            tries += 1;
            match config.open() {
                Err(sled::Error::Io(e)) if tries < LOCK_TRIES && e.to_string().contains("lock") => {
                    thread::sleep(LOCK_PAUSE);
                }
                done => return Ok(Self::Sled(done?)),
            }
        }
    }

    /// Tables that are gone when they are dropped.
    pub fn in_memory() -> Self {
        Self::Memory
    }

    /// A table by name.
    ///
    /// # Errors
    /// When sled refuses.
    pub fn table(&self, name: &str) -> Result<Table, IndexError> {
        Ok(match self {
            Self::Sled(db) => Table::Sled(db.open_tree(name)?),
            Self::Memory => Table::Memory(Arc::default()),
        })
    }
}

/// One table. All its methods fail when sled refuses, and may panic where its files are damaged.
pub enum Table {
    /// A sled tree.
    Sled(sled::Tree),
    /// A map.
    Memory(Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>),
}

impl Table {
    /// The value of a key.
    ///
    /// # Errors
    /// See the type.
    pub fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, IndexError> {
        Ok(match self {
            Self::Sled(tree) => tree.get(key)?.map(|value| value.to_vec()),
            Self::Memory(map) => locked(map).get(key).cloned(),
        })
    }

    /// Puts a value.
    ///
    /// # Errors
    /// See the type.
    pub fn insert(&self, key: &[u8], value: &[u8]) -> Result<(), IndexError> {
        match self {
            Self::Sled(tree) => drop(tree.insert(key, value)?),
            Self::Memory(map) => drop(locked(map).insert(key.to_vec(), value.to_vec())),
        }
        Ok(())
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// See the type.
    pub fn remove(&self, key: &[u8]) -> Result<(), IndexError> {
        match self {
            Self::Sled(tree) => drop(tree.remove(key)?),
            Self::Memory(map) => drop(locked(map).remove(key)),
        }
        Ok(())
    }

    /// Takes all keys out.
    ///
    /// # Errors
    /// See the type.
    pub fn clear(&self) -> Result<(), IndexError> {
        match self {
            Self::Sled(tree) => tree.clear()?,
            Self::Memory(map) => locked(map).clear(),
        }
        Ok(())
    }

    /// Shows keys from `from` up to before `to`, the highest first, until told to stop.
    ///
    /// # Errors
    /// See the type.
    pub fn newest_first(
        &self,
        from: &[u8],
        to: &[u8],
        mut show: impl FnMut(&[u8], &[u8]) -> ControlFlow<()>,
    ) -> Result<(), IndexError> {
        if from >= to {
            return Ok(());
        }
        match self {
            Self::Sled(tree) => {
                for item in tree.range(from..to).rev() {
                    let (key, value) = item?;
                    if show(&key, &value).is_break() {
                        break;
                    }
                }
            }
            Self::Memory(map) => {
                for (key, value) in locked(map).range(from.to_vec()..to.to_vec()).rev() {
                    if show(key, value).is_break() {
                        break;
                    }
                }
            }
        }
        Ok(())
    }
}
