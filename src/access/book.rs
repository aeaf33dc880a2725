//! The book: who may log in, in memory and in one file. The daemon and the command line change it one after the other; each sees
//! what the other did.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};

use hearth_actors::archive::ArchiveError;
use tokio::sync::watch;

use super::document::Document;
use crate::storage::disk::Disk;
use crate::storage::durable::failed;
use crate::storage::layout::{ACCESS, ACCESS_LOCK};
use crate::storage::lock::FileLock;

/// Why the book cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The disk refuses.
    #[error(transparent)]
    Disk(#[from] ArchiveError),
    /// What is there is no book. It is not passed over: then nobody could log in, or everybody be set up anew.
    #[error(
        "`{path}` cannot be read: {why}; bring it back from a copy, or move it away to begin without users and tokens"
    )]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Who may log in. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Book {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    disk: Disk,
    path: PathBuf,
    lock: PathBuf,
    kept: RwLock<Kept>,
    /// Held while the file is changed, which takes its time.
    changing: Mutex<()>,
    changes: watch::Sender<u64>,
}

#[derive(Debug, Clone, Default)]
struct Kept {
    document: Arc<Document>,
    /// What the file looked like when it was last read or written.
    stamp: Option<Stamp>,
    /// Whether there is something that the file does not have.
    is_ahead: bool,
}

/// What another process changed.
#[derive(Debug, Clone)]
pub struct Changed {
    /// What stood there.
    pub before: Arc<Document>,
    /// What stands there.
    pub now: Arc<Document>,
}

/// Every change makes a new file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    inode: u64,
    modified: (i64, i64),
    bytes: u64,
}

/// Whether a change counts where the disk refuses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// It does not: it never happened.
    Surely,
    /// It does, and is written when the disk takes it.
    IfPossible,
}

impl Book {
    /// Opens the book of a data directory; one that is not there yet is empty.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn open(disk: Disk, data: &Path) -> Result<Self, BookError> {
        let path = data.join(ACCESS);
        let kept = read(&path)?;
        let inner = Inner {
            disk,
            path,
            lock: data.join(ACCESS_LOCK),
            kept: RwLock::new(kept),
            changing: Mutex::default(),
            changes: watch::Sender::new(0),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What stands in it now.
    pub fn document(&self) -> Arc<Document> {
        Arc::clone(&self.inner.kept.read().unwrap_or_else(PoisonError::into_inner).document)
    }

    /// Rings on every change.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.inner.changes.subscribe()
    }

    /// Changes it. What `change` refuses changes nothing. Waits for the disk, and for whoever else changes it.
    ///
    /// # Errors
    /// What `change` refuses with, and what the disk refuses with.
    pub fn change<T, E: From<BookError>>(
        &self,
        keep: Keep,
        change: impl FnOnce(&mut Document) -> Result<T, E>,
    ) -> Result<T, E> {
        let _one_at_a_time = self.inner.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let refusal = |error: ArchiveError| E::from(BookError::from(error));
        let lock = FileLock::wait(&self.inner.lock);
        let _lock = match lock {
            Ok(lock) => Some(lock),
            Err(_) if keep == Keep::IfPossible => None,
            Err(error) => return Err(refusal(error)),
        };
        let before = self.newest()?;
        let mut document = Document::clone(&before.document);
        let done = change(&mut document)?;
        if document == *before.document && !before.is_ahead {
            return Ok(done);
        }
        let text = serde_json::to_vec_pretty(&document).map_err(|error| E::from(self.damaged(&error.to_string())))?;
        let written = self.inner.disk.write_private(&self.inner.path, &text);
        let is_ahead = written.is_err();
        match written {
            Ok(()) => {}
            Err(error) if keep == Keep::IfPossible => {
                tracing::error!(%error, "who is logged in could not be written: it counts until the daemon ends");
            }
            Err(error) => return Err(refusal(error)),
        }
        let stamp = if is_ahead { before.stamp } else { stamp(&self.inner.path) };
        self.put(Kept { document: Arc::new(document), stamp, is_ahead });
        Ok(done)
    }

    /// Takes over what another process wrote, and says what that was, if it wrote something.
    ///
    /// # Errors
    /// When it cannot be read; then what was known still counts.
    pub fn refresh(&self) -> Result<Option<Changed>, BookError> {
        // Whoever changes it right now sees for himself what is new, and the disk may take its time.
        let _one_at_a_time = match self.inner.changing.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return Ok(None),
        };
        let before = self.document();
        let newest = self.newest()?;
        if newest.document == before {
            return Ok(None);
        }
        let now = Arc::clone(&newest.document);
        self.put(newest);
        Ok(Some(Changed { before, now }))
    }

    /// What the file says, where somebody else wrote it; else what is known.
    fn newest(&self) -> Result<Kept, BookError> {
        let known = self.inner.kept.read().unwrap_or_else(PoisonError::into_inner).clone();
        if stamp(&self.inner.path) == known.stamp { Ok(known) } else { read(&self.inner.path) }
    }

    fn put(&self, kept: Kept) {
        *self.inner.kept.write().unwrap_or_else(PoisonError::into_inner) = kept;
        self.inner.changes.send_modify(|number| *number += 1);
    }

    fn damaged(&self, why: &str) -> BookError {
        BookError::Damaged { path: self.inner.path.display().to_string(), why: why.to_owned() }
    }
}

fn read(path: &Path) -> Result<Kept, BookError> {
    // Looked at before it is read: one that is changed in between is read again.
    let stamp = stamp(path);
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Kept::default()),
        Err(error) => return Err(failed("reading", path)(error).into()),
    };
    let document = serde_json::from_slice(&text)
        .map_err(|why| BookError::Damaged { path: path.display().to_string(), why: why.to_string() })?;
    Ok(Kept { document: Arc::new(document), stamp, is_ahead: false })
}

fn stamp(path: &Path) -> Option<Stamp> {
    let file = fs::metadata(path).ok()?;
    Some(Stamp { inode: file.ino(), modified: (file.mtime(), file.mtime_nsec()), bytes: file.len() })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::access::document::Session;

    fn log_in(book: &Book, email: &str, keep: Keep) -> Result<(), BookError> {
        let session = Session { digest: email.into(), email: email.into(), proof: String::new(), last_used: 0 };
        book.change(keep, |document| {
            document.sessions.push(session);
            Ok(())
        })
    }

    fn emails(book: &Book) -> Vec<String> {
        book.document().sessions.iter().map(|session| session.email.clone()).collect()
    }

    #[test]
    fn what_is_written_is_there_again_and_nobody_else_can_read_it() {
        let data = tempfile::tempdir().unwrap();
        let book = Book::open(Disk::default(), data.path()).unwrap();
        log_in(&book, "anna", Keep::Surely).unwrap();
        let again = Book::open(Disk::default(), data.path()).unwrap();
        assert_eq!(emails(&again), ["anna"]);
        let mode = fs::metadata(data.path().join(ACCESS)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn two_processes_lose_nothing_of_each_other() {
        let data = tempfile::tempdir().unwrap();
        let open = || Book::open(Disk::default(), data.path()).unwrap();
        let (daemon, command) = (open(), open());
        log_in(&daemon, "anna", Keep::Surely).unwrap();
        log_in(&command, "otto", Keep::Surely).unwrap();
        log_in(&daemon, "eve", Keep::Surely).unwrap();
        assert_eq!(emails(&daemon), ["anna", "otto", "eve"]);
        assert_eq!(emails(&command), ["anna", "otto"]);
        let rings = command.changes();
        assert!(command.refresh().unwrap().is_some() && command.refresh().unwrap().is_none());
        assert_eq!((emails(&command).len(), rings.has_changed().unwrap()), (3, true));
    }

    #[test]
    fn a_book_that_cannot_be_read_is_no_empty_one() {
        let data = tempfile::tempdir().unwrap();
        let book = Book::open(Disk::default(), data.path()).unwrap();
        log_in(&book, "anna", Keep::Surely).unwrap();
        fs::write(data.path().join(ACCESS), "{").unwrap();
        assert!(matches!(Book::open(Disk::default(), data.path()), Err(BookError::Damaged { .. })));
        assert!(book.refresh().is_err() && log_in(&book, "eve", Keep::IfPossible).is_err());
        assert_eq!(emails(&book), ["anna"], "what was known still counts");
    }
}
