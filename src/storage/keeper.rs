//! Keeps the index: opens it in the background, brings it up to the journals, and makes it anew when it fails.
//!
//! ```text
//! opening --(open, verify, catch up)--> ready --(error or panic)--> opening, the old one set aside
//! ```
//! While it opens, changed profiles are noted and looked up again before it counts as ready.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hearth_actors::archive::{ArchiveError, ProfilePage, ProfileQuery};
use hearth_actors::model::ids::SessionId;

use super::catalogue::{Catalogue, Entry, Fingerprint, locked};
use super::disk::Disk;
use super::durable::list;
use super::index::{Index, IndexError, UnknownCursor};
use super::layout::INDEX;

/// How long a list waits for the index.
const READY_WITHIN: Duration = Duration::from_secs(30);
/// How long sled may take to open and to be looked through, before it counts as hung. Measured: 0.6 s for 10 000 large rows.
const OPEN_WITHIN: Duration = Duration::from_secs(60);
/// sled damages itself on a full disk, so below this the index stays in memory: where recordings still begin, but barely. Unit: bytes.
const ROOM_FOR_SLED: u64 = 65 << 20;
/// A disk on which the index failed so often in one run of the daemon is not asked again.
const FAILURES_MAX: u32 = 5;
/// How often a shutdown that waits for sled to open looks whether it should wait.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How many indices set aside are kept for a look.
const ASIDE_MAX: usize = 3;

type Known = BTreeMap<SessionId, Fingerprint>;

/// The index and the thread that looks after it.
pub struct Keeper {
    shared: Arc<Shared>,
    wake: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    disk: Disk,
    data: PathBuf,
    catalogue: Arc<Catalogue>,
    state: Mutex<State>,
    changed: Condvar,
    /// One change at a time, so that an older look at a profile never overwrites a newer one.
    changing: Mutex<()>,
    stop: AtomicBool,
}

struct State {
    phase: Phase,
    dirty: BTreeSet<SessionId>,
}

/// How the index stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum IndexState {
    /// It is being opened, or made anew from the journals.
    #[default]
    Opening,
    /// It is on disk and up to date.
    Ready,
    /// It is up to date, but only in memory: the disk has no room for it, or failed it.
    InMemory,
}

enum Phase {
    Opening,
    Ready(Arc<Index>),
}

impl Keeper {
    /// Starts to open the index of a data directory.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(disk: Disk, data: &Path, catalogue: Arc<Catalogue>) -> Result<Self, ArchiveError> {
        let shared = Arc::new(Shared {
            disk,
            data: data.to_owned(),
            catalogue,
            state: Mutex::new(State { phase: Phase::Opening, dirty: BTreeSet::new() }),
            changed: Condvar::new(),
            changing: Mutex::new(()),
            stop: AtomicBool::new(false),
        });
        let (wake, woken) = sync_channel(1);
        let its = shared.clone();
        let thread = thread::Builder::new()
            .name("hearth-index".to_owned())
            .spawn(move || its.look_after(&woken))
            .map_err(|source| ArchiveError::Io { what: format!("starting the index failed: {source}"), source })?;
        Ok(Self { shared, wake: Some(wake), thread: Some(thread) })
    }

    /// How the index stands.
    pub fn standing(&self) -> IndexState {
        match &locked(&self.shared.state).phase {
            Phase::Opening => IndexState::Opening,
            Phase::Ready(index) if index.is_in_memory() => IndexState::InMemory,
            Phase::Ready(_) => IndexState::Ready,
        }
    }

    /// Looks a profile up again after its journal changed or went.
    pub fn refresh(&self, session: SessionId) {
        let ready = {
            let mut state = locked(&self.shared.state);
            match &state.phase {
                Phase::Ready(index) => Some(index.clone()),
                Phase::Opening => {
                    state.dirty.insert(session);
                    None
                }
            }
        };
        if let Some(index) = ready
            && let Err(e) = self.shared.take_over(&index, session)
        {
            self.renew(&index, &e);
        }
    }

    /// One page of profiles; waits for the index while it opens.
    ///
    /// # Errors
    /// When the index is not there in time or fails twice, or the query goes on after a profile that was never there.
    pub fn page(&self, query: &ProfileQuery) -> Result<ProfilePage, ArchiveError> {
        let mut tries_left = 2;
        loop {
            let index = self.ready()?;
            tries_left -= 1;
            match guarded(|| index.page(query)) {
                Ok(Ok(page)) => return Ok(page),
                Ok(Err(UnknownCursor)) => {
                    let id = query.after.map(|id| id.to_string()).unwrap_or_default();
                    return Err(ArchiveError::NotFound(format!("profile {id}, after which the list was to go on,")));
                }
                Err(e) => {
                    self.renew(&index, &e);
                    if tries_left == 0 {
                        let why = e.to_string();
                        return Err(ArchiveError::Damaged { what: "the profile index".to_owned(), why });
                    }
                }
            }
        }
    }

    fn ready(&self) -> Result<Arc<Index>, ArchiveError> {
        let state = locked(&self.shared.state);
        let opening = |state: &mut State| matches!(state.phase, Phase::Opening);
        let (state, _) = self
            .shared
            .changed
            .wait_timeout_while(state, READY_WITHIN, opening)
            .unwrap_or_else(PoisonError::into_inner);
        match &state.phase {
            Phase::Ready(index) => Ok(index.clone()),
            Phase::Opening => Err(ArchiveError::Io {
                what: "the list of profiles is still being made from the journals: try again in a minute".to_owned(),
                source: io::ErrorKind::TimedOut.into(),
            }),
        }
    }

    /// Gives up an index that failed, unless that was done already, and has it made anew.
    fn renew(&self, failed: &Arc<Index>, why: &IndexError) {
        let mut state = locked(&self.shared.state);
        if matches!(&state.phase, Phase::Ready(index) if Arc::ptr_eq(index, failed)) {
            tracing::error!(error = %why, "the profile index failed: it is set aside and made anew from the journals");
            state.phase = Phase::Opening;
            // A full channel means that the thread is about to look anyway.
            let _ = self.wake.as_ref().map(|wake| wake.try_send(()));
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.wake = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that looks after the profile index had panicked");
        }
    }
}

impl Shared {
    fn look_after(&self, woken: &Receiver<()>) {
        let mut failures = 0;
        let mut opened = self.open();
        loop {
            match self.catch_up(opened) {
                Ok(()) if woken.recv().is_err() => return,
                Ok(()) => {}
                Err(e) => tracing::error!(error = %e, "the profile index failed while it was brought up to date"),
            }
            self.set_aside();
            failures += 1;
            opened = if failures < FAILURES_MAX { self.open() } else { memory() };
        }
    }

    /// The index of the directory, a fresh one where that cannot be used, one in memory where the disk refuses that, too.
    fn open(&self) -> Result<(Index, Known), IndexError> {
        let dir = self.data.join(INDEX);
        if self.disk.free_bytes(&self.data).is_ok_and(|free| free < ROOM_FOR_SLED) {
            tracing::error!("the storage disk is nearly full: the profile index stays in memory, make room");
            return memory();
        }
        for _ in 0..2 {
            match open_within(dir.clone(), OPEN_WITHIN, &self.stop) {
                Ok(opened) => return Ok(opened),
                Err(e) => {
                    tracing::error!(error = %e, "the profile index cannot be opened: set aside and made anew");
                    self.set_aside();
                }
            }
        }
        tracing::error!("no profile index can be made on the storage disk: it stays in memory");
        memory()
    }

    /// Brings an index up to the journals and announces it.
    fn catch_up(&self, opened: Result<(Index, Known), IndexError>) -> Result<(), IndexError> {
        let (index, mut known) = opened?;
        for entry in self.catalogue.select(Entry::is_profile) {
            if self.stop.load(Ordering::SeqCst) {
                return Ok(());
            }
            let session = entry.place.session;
            if known.remove(&session) != Some(entry.fingerprint()) {
                self.take_over(&index, session)?;
            }
        }
        for session in known.into_keys() {
            self.take_over(&index, session)?;
        }
        let index = Arc::new(index);
        loop {
            let dirty = {
                let mut state = locked(&self.state);
                if state.dirty.is_empty() {
                    state.phase = Phase::Ready(index);
                    self.changed.notify_all();
                    return Ok(());
                }
                std::mem::take(&mut state.dirty)
            };
            for session in dirty {
                self.take_over(&index, session)?;
            }
        }
    }

    /// Makes the index say of one profile what its journal says.
    fn take_over(&self, index: &Index, session: SessionId) -> Result<(), IndexError> {
        let _one = locked(&self.changing);
        let found = self.catalogue.summary(session).unwrap_or_else(|e| {
            tracing::error!(%session, error = %e, "a profile cannot be read: it is left out of the list");
            None
        });
        guarded(|| match &found {
            Some((summary, fingerprint)) => index.put(summary, *fingerprint),
            None => index.remove(session),
        })
    }

    fn set_aside(&self) {
        let dir = self.data.join(INDEX);
        if !dir.exists() {
            return;
        }
        let prefix = format!("{INDEX}.corrupt-");
        let mut numbers: Vec<u64> = list(&self.data)
            .unwrap_or_default()
            .iter()
            .filter_map(|path| path.file_name()?.to_str()?.strip_prefix(&prefix)?.parse().ok())
            .collect();
        numbers.sort_unstable();
        let next = numbers.last().map_or(1, |last| last + 1);
        if let Err(e) = self.disk.rename(&dir, &self.data.join(format!("{prefix}{next}"))) {
            tracing::error!(error = %e, path = %dir.display(), "the profile index cannot be set aside: delete it by hand");
        }
        for old in numbers.iter().rev().skip(ASIDE_MAX - 1) {
            let path = self.data.join(format!("{prefix}{old}"));
            if let Err(e) = self.disk.remove_dir_all(&path).or_else(|_| self.disk.remove_file(&path)) {
                tracing::warn!(error = %e, path = %path.display(), "an old index set aside cannot be removed");
            }
        }
    }
}

/// Opens sled where it may panic or hang: in a thread that is left behind if it does not come back.
fn open_within(dir: PathBuf, limit: Duration, stop: &AtomicBool) -> Result<(Index, Known), IndexError> {
    let (done, opened) = sync_channel(1);
    thread::Builder::new()
        .name("hearth-index-open".to_owned())
        .spawn(move || {
            // Nobody listens any more when it took too long; the index is then dropped here.
            let _ = done.send(guarded(|| Index::open(&dir)));
        })
        .map_err(|e| IndexError(format!("no thread to open it: {e}")))?;
    let mut left = limit;
    loop {
        match opened.recv_timeout(LOOK_EVERY) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => {
                return Err(IndexError("opening it ended without a result".to_owned()));
            }
            Err(RecvTimeoutError::Timeout) if stop.load(Ordering::SeqCst) => return memory(),
            Err(RecvTimeoutError::Timeout) => left = left.saturating_sub(LOOK_EVERY),
        }
        if left.is_zero() {
            return Err(IndexError(format!("it did not open within {} s", limit.as_secs())));
        }
    }
}

fn memory() -> Result<(Index, Known), IndexError> {
    Ok((Index::in_memory()?, Known::new()))
}

/// Runs what sled may panic in.
fn guarded<T>(run: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(IndexError("sled panicked".to_owned())))
}
