//! One journal at work, with what the disk does not have yet.
//!
//! ```text
//! kept --append--> unsynced --sync--> safe, gone from memory
//!   ^                  |
//!   '--- refused ------'   but for what somebody waited for: that was refused to him and must not come back
//! ```

use std::collections::VecDeque;
use std::io::ErrorKind;

use crate::archive::{ArchiveError, Journal};
use crate::model::event::Event;
use crate::model::ids::SessionId;
use crate::runtime::journal::{Done, SaveError};

/// So much of one session waits for the disk at most: half an hour of a machine that is read ten times a second.
const KEPT_MAX: usize = 20_000;

/// What was handed to the system and does not survive a power cut yet.
struct Unsynced {
    event: Box<Event>,
    /// Who waits to hear that it does.
    done: Option<Done>,
}

/// How far the end of a session is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// It runs.
    Not,
    /// It has ended, and the disk refused to say so.
    Due,
    /// There is nothing left to do.
    Done,
}

/// A journal that the recorder has in hand.
pub(super) struct OpenJournal {
    session: SessionId,
    journal: Box<dyn Journal>,
    /// Not taken by the disk; in order, and before everything that comes.
    kept: VecDeque<Box<Event>>,
    unsynced: Vec<Unsynced>,
    /// Whether something was written that is to survive a power cut at once, although nobody waits for that.
    is_precious: bool,
    /// Whether the last try was refused; that is told once.
    is_refused: bool,
    end: End,
}

impl OpenJournal {
    pub(super) fn new(session: SessionId, journal: Box<dyn Journal>) -> Self {
        let (kept, unsynced) = (VecDeque::new(), Vec::new());
        Self { session, journal, kept, unsynced, is_precious: false, is_refused: false, end: End::Not }
    }

    /// Takes an event that nobody waits for: on the disk at once if it takes it, else with the first [`OpenJournal::sync`] after
    /// which it does.
    pub(super) fn keep(&mut self, event: Box<Event>) {
        if self.kept.len() >= KEPT_MAX {
            // The newest go: a curve that ends too soon is worth more than one full of holes.
            return;
        }
        self.kept.push_back(event);
        if self.kept.len() == 1 {
            let _ = self.catch_up();
        } else if self.kept.len() == KEPT_MAX {
            tracing::error!(session = %self.session, "more waits for the disk than fits: events are lost from here on");
        }
    }

    /// The same, but it is made to survive a power cut with the next group.
    pub(super) fn keep_surely(&mut self, event: Box<Event>) {
        self.keep(event);
        self.is_precious = true;
    }

    /// Takes an event that somebody waits for. Where the disk refuses it, or what comes before it, it never happened.
    pub(super) fn append_now(&mut self, event: Box<Event>, done: Done) {
        let written = self.catch_up().and_then(|()| {
            let written = self.journal.append(&event).map_err(SaveError::from);
            self.note(written)
        });
        match written {
            Ok(()) => self.unsynced.push(Unsynced { event, done: Some(done) }),
            Err(error) => {
                let _ = self.flush();
                tell(done, Err(error));
            }
        }
    }

    /// Whether the next [`OpenJournal::sync`] is due at once.
    pub(super) fn is_awaited(&self) -> bool {
        self.is_precious || self.unsynced.iter().any(|written| written.done.is_some())
    }

    /// Writes what was kept and makes all of it survive a power cut; ends the session if that is due.
    ///
    /// # Errors
    /// When the disk refuses; nothing is lost by it but what somebody waits for.
    pub(super) fn sync(&mut self) -> Result<(), SaveError> {
        let written = self.catch_up();
        self.flush().and(written)?;
        if self.end == End::Due { self.seal() } else { Ok(()) }
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the disk refuses; it is then ended with the first [`OpenJournal::sync`] that succeeds.
    pub(super) fn seal(&mut self) -> Result<(), SaveError> {
        self.end = End::Due;
        self.catch_up()?;
        self.flush()?;
        let sealed = self.journal.seal();
        if sealed.as_ref().err().is_none_or(|error| !may_pass(error)) {
            self.end = End::Done;
        }
        self.note(sealed.map_err(SaveError::from))
    }

    /// Whether nothing is left to do.
    pub(super) fn is_ended(&self) -> bool {
        self.end == End::Done
    }

    fn catch_up(&mut self) -> Result<(), SaveError> {
        while let Some(event) = self.kept.pop_front() {
            match self.journal.append(&event) {
                Ok(()) => self.unsynced.push(Unsynced { event, done: None }),
                Err(error) if may_pass(&error) => {
                    self.kept.push_front(event);
                    // The journal says whether it can still vouch for what was written before.
                    let _ = self.flush();
                    return self.note(Err(error.into()));
                }
                Err(error) => tracing::error!(session = %self.session, %error, "an event cannot be kept"),
            }
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), SaveError> {
        self.is_precious = false;
        if self.unsynced.is_empty() {
            return Ok(());
        }
        let flushed = self.journal.sync().map_err(SaveError::from);
        for Unsynced { event, done } in self.unsynced.drain(..).rev() {
            match done {
                Some(done) => tell(done, flushed.clone()),
                None if flushed.is_err() => self.kept.push_front(event),
                None => {}
            }
        }
        self.note(flushed)
    }

    fn note(&mut self, done: Result<(), SaveError>) -> Result<(), SaveError> {
        match &done {
            Err(error) if !std::mem::replace(&mut self.is_refused, true) => {
                tracing::error!(session = %self.session, %error, "journal cannot be written: what comes is kept in memory");
            }
            Ok(()) if std::mem::take(&mut self.is_refused) => {
                tracing::info!(session = %self.session, "journal is written again");
            }
            Ok(()) | Err(_) => {}
        }
        done
    }
}

/// Whether the same may succeed later: the disk refused, not what was asked of it.
fn may_pass(error: &ArchiveError) -> bool {
    matches!(error, ArchiveError::Io { source, .. } if source.kind() != ErrorKind::InvalidInput)
}

fn tell(done: Done, result: Result<(), SaveError>) {
    // Whoever asked may have given up; that is theirs to do.
    let _ = done.send(result);
}
