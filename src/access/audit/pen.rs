//! The pen: the thread that writes deeds into files.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use super::tally::Tally;
use super::{Deed, Entry, files};
use crate::access::locked;
use crate::storage::disk::{Disk, DiskFile};

/// A file that is longer is followed by the next. Unit: bytes.
const FILE_BYTES: u64 = 4 << 20;
/// Files that are kept: some three hundred thousand deeds.
pub(super) const FILES_MAX: usize = 16;
/// What was written survives a power cut after so long.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// The one who writes.
pub(super) struct Pen {
    disk: Disk,
    dir: PathBuf,
    next: u64,
    file: Option<DiskFile>,
    is_unflushed: bool,
    refused: Arc<Mutex<Tally>>,
    lost: Arc<AtomicU64>,
}

impl Pen {
    /// Begins with a number, in a file of its own.
    pub(super) fn new(disk: Disk, dir: PathBuf, next: u64, refused: Arc<Mutex<Tally>>, lost: Arc<AtomicU64>) -> Self {
        Self { disk, dir, next, file: None, is_unflushed: false, refused, lost }
    }

    /// Writes what is noted until nobody is left who could.
    pub(super) fn write_all(mut self, noted: &Receiver<Deed>) {
        let mut flushed = Instant::now();
        loop {
            match noted.recv_timeout(FLUSH_EVERY) {
                Ok(deed) => self.write(deed),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    let counts = locked(&self.refused).end();
                    return self.settle(counts);
                }
            }
            let now = Instant::now();
            if now >= flushed + FLUSH_EVERY {
                flushed = now;
                let counts = locked(&self.refused).over(now);
                self.settle(counts);
            }
        }
    }

    /// Has these written as well, and all of it survive a power cut.
    fn settle(&mut self, counts: Vec<Deed>) {
        counts.into_iter().for_each(|count| self.write(count));
        self.flush();
    }

    pub(super) fn write(&mut self, deed: Deed) {
        let lost = self.lost.swap(0, Ordering::Relaxed);
        let entry = Entry { id: self.next, deed: Deed { lost: (lost > 0).then_some(lost), ..deed } };
        if let Err(error) = self.put(&entry) {
            tracing::error!(%error, "what was done could not be written down");
            // What is half written is not gone on with.
            self.file = None;
            self.lost.fetch_add(lost + 1, Ordering::Relaxed);
        }
        // Also after a failure: its number may be on the disk.
        self.next += 1;
    }

    fn put(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let is_full = self.file.as_ref().is_none_or(|file| file.bytes().is_ok_and(|bytes| bytes >= FILE_BYTES));
        if is_full {
            self.flush();
            self.file = Some(self.disk.create_new_private(&self.dir.join(format!("{:020}.jsonl", entry.id)))?);
            self.forget_the_oldest();
        }
        if let Some(file) = &mut self.file {
            file.write_all(&line)?;
            self.is_unflushed = true;
        }
        Ok(())
    }

    fn flush(&mut self) {
        if std::mem::take(&mut self.is_unflushed)
            && let Some(file) = &mut self.file
            && let Err(error) = file.sync()
        {
            tracing::error!(%error, "what was done may not survive a power cut");
        }
    }

    fn forget_the_oldest(&self) {
        let Ok(files) = files(&self.dir) else { return };
        let beyond = files.len().saturating_sub(FILES_MAX);
        for path in files.into_values().take(beyond) {
            if let Err(error) = self.disk.remove_file(&path) {
                tracing::warn!(%error, "an old file of the audit could not be removed");
            }
        }
    }
}
