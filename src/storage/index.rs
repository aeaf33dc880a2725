//! The index of profiles: what a list shows, newest first. Rebuilt from the journals whenever it is missing, old or damaged.
//!
//! | table | key | value |
//! |---|---|---|
//! | `rows` | created at, id (both sort in byte order) | a [`row`] |
//! | `places` | id | created at, and how the journal's files looked |
//! | `gone` | id | created at: a list that stopped at a profile goes on after it was deleted |

pub mod row;
pub mod table;

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use hearth_actors::archive::{ProfilePage, ProfileQuery};
use hearth_actors::model::ids::SessionId;
use hearth_actors::model::profile::ProfileSummary;
use hearth_actors::model::time::WallMs;

use super::catalogue::Fingerprint;
use row::{Filter, PlaceRow, row_key};
use table::{Table, Tables};

/// The version of keys and values; an index of another is made anew.
const SCHEMA: &[u8] = b"1";

/// Most profiles on one page.
pub const PAGE_MAX: usize = 500;

/// The index cannot be used: it is to be set aside and made anew.
#[derive(Debug, thiserror::Error)]
#[error("the profile index is unusable: {0}")]
pub struct IndexError(pub String);

impl From<sled::Error> for IndexError {
    fn from(e: sled::Error) -> Self {
        Self(e.to_string())
    }
}

/// Which profile a list was to go on after is not known.
#[derive(Debug)]
pub struct UnknownCursor;

/// Summaries of all profiles.
pub struct Index {
    rows: Table,
    places: Table,
    gone: Table,
    _tables: Tables,
}

impl Index {
    /// Opens the index in a directory and looks through all of it; also tells which profiles it holds of which files.
    ///
    /// # Errors
    /// When it cannot be used. sled may also panic or hang on damage: call this where both can be borne.
    pub fn open(dir: &Path) -> Result<(Self, BTreeMap<SessionId, Fingerprint>), IndexError> {
        let tables = Tables::open(dir)?;
        let index = Self::with(tables)?;
        let meta = index._tables.table("meta")?;
        if meta.get(b"schema")?.as_deref() != Some(SCHEMA) {
            for table in [&index.rows, &index.places, &index.gone] {
                table.clear()?;
            }
            meta.insert(b"schema", SCHEMA)?;
        }
        let known = index.verify()?;
        Ok((index, known))
    }

    /// An empty index in memory, for a disk that has no room for one.
    ///
    /// # Errors
    /// Never.
    pub fn in_memory() -> Result<Self, IndexError> {
        Self::with(Tables::in_memory())
    }

    /// Whether it is gone when it is dropped.
    pub fn is_in_memory(&self) -> bool {
        matches!(self._tables, Tables::Memory)
    }

    fn with(tables: Tables) -> Result<Self, IndexError> {
        let (rows, places, gone) = (tables.table("rows")?, tables.table("places")?, tables.table("gone")?);
        Ok(Self { rows, places, gone, _tables: tables })
    }

    /// Drops rows that are damaged or belong to no place; places without a row are not reported, so that they are made anew.
    fn verify(&self) -> Result<BTreeMap<SessionId, Fingerprint>, IndexError> {
        let mut keys = BTreeMap::new();
        let mut bad = Vec::new();
        self.rows.newest_first(&[], &[0xff; 25], |key, value| {
            match row::check(key, value) {
                Some(id) => drop(keys.insert(id, key.to_vec())),
                None => bad.push(key.to_vec()),
            }
            ControlFlow::Continue(())
        })?;
        let mut known = BTreeMap::new();
        self.places.newest_first(&[], &[0xff; 17], |key, value| {
            if let Some((id, place)) = PlaceRow::decode(key, value)
                && keys.get(&id).is_some_and(|row| *row == row_key(place.created_at, id))
            {
                keys.remove(&id);
                known.insert(id, place.fingerprint);
            }
            ControlFlow::Continue(())
        })?;
        for key in bad.iter().chain(keys.values()) {
            self.rows.remove(key)?;
        }
        Ok(known)
    }

    /// Puts a profile in, or anew.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn put(&self, summary: &ProfileSummary, fingerprint: Fingerprint) -> Result<(), IndexError> {
        let row = row::encode(summary).map_err(|e| IndexError(e.to_string()))?;
        let place = PlaceRow { created_at: summary.created_at, fingerprint };
        self.rows.insert(&row_key(summary.created_at, summary.id), &row)?;
        self.places.insert(&summary.id.0.to_be_bytes(), &place.encode())
    }

    /// Takes a profile out; nothing where it is not in.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn remove(&self, id: SessionId) -> Result<(), IndexError> {
        let key = id.0.to_be_bytes();
        let Some(place) = self.places.get(&key)?.and_then(|value| PlaceRow::decode(&key, &value)) else {
            return Ok(());
        };
        self.rows.remove(&row_key(place.1.created_at, id))?;
        self.places.remove(&key)?;
        self.gone.insert(&key, &place.1.encode())
    }

    /// One page of profiles, newest first.
    ///
    /// # Errors
    /// When the index cannot be used.
    pub fn page(&self, query: &ProfileQuery) -> Result<Result<ProfilePage, UnknownCursor>, IndexError> {
        let from = row_key(query.from.unwrap_or(WallMs(i64::MIN)), SessionId(0));
        let mut to = match query.to {
            Some(to) => row_key(to, SessionId(0)),
            None => vec![0xff; 25],
        };
        if let Some(after) = query.after {
            let Some(created_at) = self.created_at(after)? else { return Ok(Err(UnknownCursor)) };
            to = to.min(row_key(created_at, after));
        }
        let limit = query.limit.clamp(1, PAGE_MAX);
        let filter = Filter::new(query);
        let mut page = ProfilePage::default();
        let mut fault = None;
        self.rows.newest_first(&from, &to, |key, value| {
            if !filter.matches(value) {
                return ControlFlow::Continue(());
            }
            if page.items.len() == limit {
                page.next = page.items.last().map(|item| item.id);
                return ControlFlow::Break(());
            }
            match row::decode(key, value) {
                Ok(summary) => page.items.push(summary),
                Err(e) => {
                    fault = Some(IndexError(e.to_string()));
                    return ControlFlow::Break(());
                }
            }
            ControlFlow::Continue(())
        })?;
        fault.map_or(Ok(Ok(page)), Err)
    }

    fn created_at(&self, id: SessionId) -> Result<Option<WallMs>, IndexError> {
        let key = id.0.to_be_bytes();
        let value = match self.places.get(&key)? {
            Some(value) => Some(value),
            None => self.gone.get(&key)?,
        };
        Ok(value.and_then(|value| PlaceRow::decode(&key, &value)).map(|(_, place)| place.created_at))
    }
}
