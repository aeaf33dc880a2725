//! Looks after the disk: how much room there is, what it refuses, how slow it is, and whether it is well again.
//!
//! Once a second it asks the door what was noticed there. While something was refused it tries the disk itself, so that it is known to be
//! well again although nobody happens to write. It also keeps some room aside, which running recordings get when the disk is full.

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use hearth_actors::archive::ArchiveError;
use tokio::sync::watch;

use super::disk::{Disk, Noticed, Refusal};
use super::keeper::IndexState;
use super::layout::{BALLAST, PROBE};
use super::store::RECORDING_MIB_MIN;
use crate::wire::storage::{IndexWord, StorageView, StorageWord};

const MIB: u64 = 1 << 20;
/// Free space below which somebody should make room. Source: design of durability, watermarks. Unit: bytes.
pub const LOW_BYTES: u64 = 200 * MIB;
/// Free space below which no recording begins. Same source. Unit: bytes.
pub const FULL_BYTES: u64 = RECORDING_MIB_MIN * MIB;
/// Room that running recordings get on a full disk. Same source. Unit: bytes.
pub const BALLAST_BYTES: u64 = 16 * MIB;
/// So much more must be free again before a mark counts as left behind: a disk that hovers there is one alarm. Unit: bytes.
const BACK_BYTES: u64 = BALLAST_BYTES;
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Looks without a refusal before the disk is tried.
const QUIET_LOOKS: u32 = 2;
/// A flush that takes longer is slow: so long marks wait for it, then they are refused. Unit: ms.
const SLOW_MS: u64 = 5_000;
/// Looks without a slow flush before the disk counts as fast again.
const FAST_LOOKS: u32 = 60;
/// Looks before room that was refused is asked for again.
const BALLAST_LOOKS: u32 = 60;

/// How much room there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Room {
    /// Enough.
    #[default]
    Enough,
    /// Less than [`LOW_BYTES`].
    Low,
    /// Less than [`FULL_BYTES`].
    Full,
}

/// How the storage is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageState {
    /// What is free on its disk; `None` where the system does not tell. Unit: bytes.
    pub free_bytes: Option<u64>,
    /// What that means.
    pub room: Room,
    /// What the disk refused, while it is not known to be well again.
    pub refused: Option<Refusal>,
    /// How long a flush took lately, where that was too long. Unit: ms.
    pub slow_ms: Option<u64>,
    /// What was found damaged since the start, each named.
    pub damaged: Vec<String>,
    /// How the index of profiles stands.
    pub index: IndexState,
}

/// The thread that looks, and what it sees.
#[derive(Debug)]
pub struct Watch {
    state: watch::Receiver<StorageState>,
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Looks once, then starts to look once a second.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(
        disk: Disk,
        data: &Path,
        index: impl Fn() -> IndexState + Send + 'static,
    ) -> Result<Self, ArchiveError> {
        let mut lookout = Lookout { disk, data: data.to_owned(), ..Lookout::default() };
        lookout.look(index());
        let (told, state) = watch::channel(lookout.state.clone());
        let (stop, stopped) = sync_channel(1);
        let thread = thread::Builder::new()
            .name("hearth-disk".to_owned())
            .spawn(move || lookout.run(&stopped, &told, index))
            .map_err(|source| ArchiveError::Io { what: format!("watching the disk failed: {source}"), source })?;
        Ok(Self { state, stop: Some(stop), thread: Some(thread) })
    }

    /// How the storage is, and word of every change.
    pub fn state(&self) -> watch::Receiver<StorageState> {
        self.state.clone()
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that watches the storage disk had panicked");
        }
    }
}

#[derive(Debug, Default)]
struct Lookout {
    disk: Disk,
    data: PathBuf,
    state: StorageState,
    /// Looks since the last refusal, while there is one to get over.
    quiet: u32,
    /// Looks since the last slow flush.
    fast: u32,
    /// Looks until room may be taken again.
    no_ballast: u32,
}

impl Lookout {
    fn run(mut self, stopped: &Receiver<()>, told: &watch::Sender<StorageState>, index: impl Fn() -> IndexState) {
        while matches!(stopped.recv_timeout(LOOK_EVERY), Err(RecvTimeoutError::Timeout)) {
            self.look(index());
            told.send_if_modified(|state| {
                let is_new = *state != self.state;
                state.clone_from(&self.state);
                is_new
            });
        }
    }

    fn look(&mut self, index: IndexState) {
        self.disk.settle();
        let free_bytes = self.disk.free_bytes(&self.data).ok();
        let Noticed { refused, longest_flush_ms, damaged } = self.disk.noticed();
        (self.state.free_bytes, self.state.damaged, self.state.index) = (free_bytes, damaged, index);
        self.state.room = free_bytes.map_or(Room::Enough, |free| room(free, self.state.room));
        self.judge_refusal(refused);
        self.judge_pace(longest_flush_ms);
        self.keep_ballast();
    }

    fn keep_ballast(&mut self) {
        let path = self.data.join(BALLAST);
        let has_room = self.state.free_bytes.is_some_and(|free| free >= LOW_BYTES + BALLAST_BYTES);
        self.no_ballast = self.no_ballast.saturating_sub(1);
        if self.disk.know_ballast(&path, BALLAST_BYTES) || !has_room || self.no_ballast > 0 {
            return;
        }
        if self.state.refused.is_none()
            && let Err(error) = self.disk.take_ballast(&path, BALLAST_BYTES)
        {
            tracing::warn!(%error, "no room can be kept for recordings on a full disk");
            self.no_ballast = BALLAST_LOOKS;
        }
    }

    fn judge_refusal(&mut self, refused: Option<Refusal>) {
        if refused.is_some() {
            (self.state.refused, self.quiet) = (refused, 0);
        } else if self.state.refused.is_some() {
            self.quiet += 1;
            if self.quiet >= QUIET_LOOKS {
                self.try_disk();
            }
        }
    }

    fn try_disk(&mut self) {
        let probe = self.data.join(PROBE);
        let tried = self.disk.write_file(&probe, &[0; 4096]);
        let cleared = self.disk.remove_file(&probe);
        // What the probe itself ran into is what there is to tell.
        let Noticed { refused, .. } = self.disk.noticed();
        match (tried, cleared) {
            (Ok(()), Ok(())) => self.state.refused = None,
            _ => (self.state.refused, self.quiet) = (refused.or(self.state.refused.take()), 0),
        }
    }

    fn judge_pace(&mut self, longest_flush_ms: u64) {
        if longest_flush_ms >= SLOW_MS {
            (self.state.slow_ms, self.fast) = (Some(longest_flush_ms), 0);
        } else if self.state.slow_ms.is_some() {
            self.fast += 1;
            if self.fast >= FAST_LOOKS {
                self.state.slow_ms = None;
            }
        }
    }
}

fn room(free: u64, before: Room) -> Room {
    let below = |mark: u64, level: Room| free < if before >= level { mark + BACK_BYTES } else { mark };
    match () {
        () if below(FULL_BYTES, Room::Full) => Room::Full,
        () if below(LOW_BYTES, Room::Low) => Room::Low,
        () => Room::Enough,
    }
}

/// Something that is wrong with the storage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// What it comes to.
    pub word: StorageWord,
    /// What is wrong and what to do.
    pub message: String,
}

impl StorageState {
    /// All that is wrong, the worst first.
    pub fn troubles(&self) -> Vec<Trouble> {
        let trouble = |word, message| Trouble { word, message };
        let refused = self.refused.as_ref().map(|Refusal { words, is_full }| match is_full {
            true => trouble(
                StorageWord::Full,
                format!(
                    "the storage disk is full ({words}): curves are kept in memory, marks are refused; make room now"
                ),
            ),
            false => trouble(
                StorageWord::Failing,
                format!(
                    "the storage disk refuses ({words}): curves are kept in memory, marks are refused; check the disk"
                ),
            ),
        });
        let free_mib = self.free_bytes.unwrap_or(0) / MIB;
        let room = match self.room {
            Room::Enough => None,
            Room::Low => Some(trouble(
                StorageWord::Low,
                format!(
                    "only {free_mib} MiB are free on the storage disk: make room, below {RECORDING_MIB_MIN} MiB no recording begins"
                ),
            )),
            Room::Full => Some(trouble(
                StorageWord::Full,
                format!(
                    "only {free_mib} MiB are free on the storage disk: recordings that run go on, none begins; make room"
                ),
            )),
        };
        let slow = self.slow_ms.map(|ms| {
            let seconds = ms / 1000;
            trouble(
                StorageWord::Slow,
                format!("the storage disk took {seconds} s to write: check it, and what else uses it"),
            )
        });
        let damaged = (!self.damaged.is_empty()).then(|| {
            let what = self.damaged.join(", ");
            trouble(StorageWord::Damaged, format!("damaged and left as found: {what}; bring it back from a backup"))
        });
        let mut all: Vec<Trouble> = [refused, room, slow, damaged].into_iter().flatten().collect();
        all.sort_by_key(|trouble| std::cmp::Reverse(trouble.word as u8));
        all
    }

    /// The same for REST.
    pub fn view(&self) -> StorageView {
        let troubles = self.troubles();
        StorageView {
            state: troubles.first().map_or(StorageWord::Ok, |worst| worst.word),
            messages: troubles.into_iter().map(|trouble| trouble.message).collect(),
            free_bytes: self.free_bytes,
            index: match self.index {
                IndexState::Opening => IndexWord::Building,
                IndexState::Ready => IndexWord::Ready,
                IndexState::InMemory => IndexWord::InMemory,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::Arc;

    use tempfile::TempDir;

    use super::*;
    use crate::storage::faults::{EIO, ENOSPC, Faults};

    const PLENTY: u64 = 1 << 30;

    fn lookout() -> (TempDir, Arc<Faults>, Lookout) {
        let dir = tempfile::tempdir().unwrap();
        let (faults, disk) = Faults::new();
        faults.say_free(PLENTY);
        let data = dir.path().to_owned();
        (dir, faults, Lookout { disk, data, ..Lookout::default() })
    }

    fn words(lookout: &Lookout) -> Vec<StorageWord> {
        lookout.state.troubles().into_iter().map(|trouble| trouble.word).collect()
    }

    #[test]
    fn a_refusal_is_told_at_the_next_look_and_until_the_disk_was_tried() {
        let (dir, faults, mut lookout) = lookout();
        faults.refuse_all(EIO);
        lookout.disk.write_file(&dir.path().join("x"), b"y").unwrap_err();
        for _ in 0..20 {
            lookout.look(IndexState::Ready);
            assert_eq!(words(&lookout), [StorageWord::Failing], "nobody writes, but it is tried again and again");
        }
        faults.heal();
        let looks = (1..).find(|_| {
            lookout.look(IndexState::Ready);
            words(&lookout).is_empty()
        });
        assert!(looks.unwrap() <= 3, "known to be well within five seconds");
        assert!(!dir.path().join(PROBE).exists());
    }

    #[test]
    fn a_name_that_is_not_there_is_no_trouble_of_the_disk() {
        let (dir, _, mut lookout) = lookout();
        lookout.disk.remove_file(&dir.path().join("nothing")).unwrap_err();
        lookout.look(IndexState::Ready);
        assert_eq!(words(&lookout), []);
    }

    #[test]
    fn a_disk_that_hovers_at_a_mark_is_told_once() {
        let steps = [
            (LOW_BYTES, Room::Enough),
            (LOW_BYTES - 1, Room::Low),
            (LOW_BYTES + 1, Room::Low),
            (FULL_BYTES - 1, Room::Full),
            (FULL_BYTES + 1, Room::Full),
            (FULL_BYTES + BACK_BYTES, Room::Low),
            (LOW_BYTES + BACK_BYTES, Room::Enough),
        ];
        let mut before = Room::Enough;
        for (free, expected) in steps {
            before = room(free, before);
            assert_eq!(before, expected, "{free}");
        }
    }

    #[test]
    fn room_is_kept_aside_only_where_there_is_enough() {
        let (dir, faults, mut lookout) = lookout();
        let ballast = dir.path().join(BALLAST);
        faults.say_free(LOW_BYTES);
        lookout.look(IndexState::Ready);
        assert!(!ballast.exists());
        faults.say_free(PLENTY);
        lookout.look(IndexState::Ready);
        assert_eq!(fs::metadata(&ballast).unwrap().len(), BALLAST_BYTES);
        assert!(lookout.disk.give_ballast() && !ballast.exists());
        assert!(!lookout.disk.give_ballast(), "there is no more");
        let error = std::io::Error::from_raw_os_error(ENOSPC);
        assert!(crate::storage::disk::is_full(&error));
    }

    #[test]
    fn the_worst_is_told_first() {
        let refused = Some(Refusal { words: "writing x failed".to_owned(), is_full: false });
        let state = StorageState {
            free_bytes: Some(LOW_BYTES - 1),
            room: Room::Low,
            refused,
            slow_ms: Some(7_000),
            damaged: vec!["the journal of session 1".to_owned()],
            index: IndexState::Opening,
        };
        let order = [StorageWord::Failing, StorageWord::Low, StorageWord::Slow, StorageWord::Damaged];
        assert_eq!(state.troubles().iter().map(|trouble| trouble.word).collect::<Vec<_>>(), order);
        let view = state.view();
        assert_eq!((view.state, view.index, view.messages.len()), (StorageWord::Failing, IndexWord::Building, 4));
    }
}
