//! The way to the journal: a bounded queue to the recorder's thread, and the acknowledgements that come back.

use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::Duration;

use tokio::sync::oneshot;

use crate::archive::{ArchiveError, Journal};
use crate::model::event::Event;
use crate::model::ids::SessionId;
use crate::runtime::bus::Recording;

/// How long somebody waits for the disk before being told that it is too slow.
const SAVE_DEADLINE: Duration = Duration::from_secs(5);

/// How long what happened waits for the disk before it is told all the same.
pub const RECORD_DEADLINE: Duration = Duration::from_millis(250);

/// Why something is not on disk.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SaveError {
    /// The disk said no.
    #[error("it could not be saved: {0}")]
    Refused(Arc<ArchiveError>),
    /// The recorder has more to write than it can; nothing more is taken until it catches up.
    #[error("the disk is too slow, more is waiting to be written than fits: check the storage disk")]
    Overloaded,
    /// The disk did not answer in time.
    #[error("the disk did not confirm within {} s: check the storage disk", SAVE_DEADLINE.as_secs())]
    Slow,
    /// The recorder is gone: the daemon is stopping.
    #[error("the daemon is stopping")]
    Stopping,
}

impl From<ArchiveError> for SaveError {
    fn from(error: ArchiveError) -> Self {
        Self::Refused(Arc::new(error))
    }
}

/// Tells whoever waits how saving ended.
pub type Done = oneshot::Sender<Result<(), SaveError>>;

/// Who waits for an event to be written.
#[derive(Debug)]
pub enum Waits {
    /// Nobody.
    Nobody,
    /// Somebody, until it survives a power cut. Where the disk refuses it, it never happened.
    ForDisk(Done),
    /// Somebody, until it survives the daemon's death. It happened: where the disk refuses it, it is kept in memory.
    ForRecord(Recording),
}

/// What the recorder is asked to do.
pub enum Job {
    /// Take charge of an open journal.
    Adopt {
        /// Its session.
        session: SessionId,
        /// The journal.
        journal: Box<dyn Journal>,
    },
    /// Write an event, and make it durable at once if somebody waits.
    Append {
        /// Which journal.
        session: SessionId,
        /// What to write.
        event: Box<Event>,
        /// Who waits.
        waits: Waits,
    },
    /// End a journal.
    Seal {
        /// Which journal.
        session: SessionId,
        /// Who waits.
        done: Done,
    },
    /// Let go of a journal without sealing it.
    Release {
        /// Which journal.
        session: SessionId,
    },
    /// Make everything durable and end the thread.
    Stop {
        /// Who waits.
        done: Done,
    },
}

/// The queue to the recorder's thread.
#[derive(Debug, Clone)]
pub struct RecorderQueue {
    jobs: SyncSender<Job>,
}

impl RecorderQueue {
    /// Wraps the sending end of the recorder's queue.
    pub fn new(jobs: SyncSender<Job>) -> Self {
        Self { jobs }
    }

    /// Hands an open journal to the recorder.
    ///
    /// # Errors
    /// When the recorder cannot take it.
    pub fn adopt(&self, session: SessionId, journal: Box<dyn Journal>) -> Result<JournalHandle, SaveError> {
        self.push(Job::Adopt { session, journal })?;
        Ok(JournalHandle { session, queue: self.clone() })
    }

    /// Makes everything durable and ends the recorder.
    ///
    /// # Errors
    /// When something could not be saved.
    pub async fn stop(&self) -> Result<(), SaveError> {
        let (done, saved) = oneshot::channel();
        self.push(Job::Stop { done })?;
        within_deadline(saved).await
    }

    fn push(&self, job: Job) -> Result<(), SaveError> {
        self.jobs.try_send(job).map_err(|error| match error {
            TrySendError::Full(_) => SaveError::Overloaded,
            TrySendError::Disconnected(_) => SaveError::Stopping,
        })
    }
}

/// One session's journal, on the recorder's thread.
#[derive(Debug, Clone)]
pub struct JournalHandle {
    session: SessionId,
    queue: RecorderQueue,
}

impl JournalHandle {
    /// The session.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// Writes an event. Where that cannot be asked for, whoever waits for the disk is told, and whoever waits for the record is given back.
    pub fn append(&self, event: Event, waits: Waits) -> Option<Waits> {
        let job = Job::Append { session: self.session, event: Box::new(event), waits };
        let (why, job) = match self.queue.jobs.try_send(job) {
            Ok(()) => return None,
            Err(TrySendError::Full(job)) => (SaveError::Overloaded, job),
            Err(TrySendError::Disconnected(job)) => (SaveError::Stopping, job),
        };
        let Job::Append { waits, .. } = job else { return None };
        match waits {
            Waits::ForDisk(done) => {
                let _ = done.send(Err(why));
                None
            }
            waits => {
                tracing::error!(session = %self.session, %why, "an event was not kept");
                Some(waits)
            }
        }
    }

    /// Ends the session on disk.
    ///
    /// # Errors
    /// When the disk refuses; the session is then recovered at the next start.
    pub async fn seal(self) -> Result<(), SaveError> {
        let (done, saved) = oneshot::channel();
        self.queue.push(Job::Seal { session: self.session, done })?;
        within_deadline(saved).await
    }

    /// Lets go of it unsealed.
    pub fn release(self) {
        if let Err(error) = self.queue.push(Job::Release { session: self.session }) {
            tracing::warn!(session = %self.session, %error, "journal not released");
        }
    }
}

/// Waits for the recorder's word, but not for ever.
///
/// # Errors
/// What the recorder said, or that it said nothing in time.
pub async fn within_deadline(saved: oneshot::Receiver<Result<(), SaveError>>) -> Result<(), SaveError> {
    match tokio::time::timeout(SAVE_DEADLINE, saved).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(SaveError::Stopping),
        Err(_) => Err(SaveError::Slow),
    }
}
