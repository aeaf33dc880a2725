//! The recorder: one thread that writes every machine's journal, off the async threads.
//!
//! Events are handed to the operating system as they come, so they survive the daemon's death; once a second, and at once when
//! somebody waits for it, they are made to survive a power cut. Everything that waits in the queue shares one such write (group commit).

use std::collections::{HashMap, HashSet};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use tokio::time::Instant;

use crate::archive::{ArchiveError, Journal};
use crate::model::event::Event;
use crate::model::ids::SessionId;
use crate::runtime::guarded::panic_text;
use crate::runtime::journal::{Done, Job, RecorderQueue, SaveError};

/// Bound of what may wait to be written, over all machines.
const QUEUE_JOBS_MAX: usize = 16_384;
/// How long a reading may be at the mercy of a power cut.
const SYNC_EVERY: Duration = Duration::from_secs(1);
/// Jobs taken together before the disk is asked once for all.
const GROUP_MAX: usize = 512;

/// Starts the recorder's thread.
///
/// # Errors
/// When the thread cannot be started.
pub fn start() -> std::io::Result<RecorderQueue> {
    let (sender, jobs) = sync_channel(QUEUE_JOBS_MAX);
    std::thread::Builder::new().name("recorder".into()).spawn(move || Recorder::new().run(&jobs))?;
    Ok(RecorderQueue::new(sender))
}

struct Recorder {
    journals: HashMap<SessionId, Box<dyn Journal>>,
    /// Written since the last sync.
    dirty: HashSet<SessionId>,
    /// Waiting for the next sync of their session.
    waiting: Vec<(SessionId, Done)>,
    /// Sessions whose last write was refused; each is told once.
    failing: HashSet<SessionId>,
    last_sync: Instant,
}

/// What a job leaves to do for the loop.
enum After {
    GoOn,
    Stop(Done),
}

impl Recorder {
    fn new() -> Self {
        Self {
            journals: HashMap::new(),
            dirty: HashSet::new(),
            waiting: Vec::new(),
            failing: HashSet::new(),
            last_sync: Instant::now(),
        }
    }

    fn run(mut self, jobs: &Receiver<Job>) {
        loop {
            match jobs.recv_timeout(SYNC_EVERY) {
                Ok(first) => {
                    if let After::Stop(done) = self.perform_safely(first, jobs) {
                        let _ = done.send(Ok(()));
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout) => self.guarded("flushing journals", Self::sync_all),
                Err(RecvTimeoutError::Disconnected) => return self.sync_all(),
            }
        }
    }

    /// Performs a group of jobs. A panic of the storage costs the group, whose senders hear of it, and not the thread.
    fn perform_safely(&mut self, first: Job, jobs: &Receiver<Job>) -> After {
        let mut after = After::GoOn;
        self.guarded("writing journals", |recorder| after = recorder.perform_group(first, jobs));
        // After a crash somebody may still wait; after a group nobody does.
        self.guarded("flushing journals", Self::sync_waited_for);
        after
    }

    fn guarded(&mut self, what: &str, work: impl FnOnce(&mut Self)) {
        if let Err(panic) = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| work(self))) {
            tracing::error!(panic = panic_text(panic.as_ref()), "the storage crashed while {what}");
        }
    }

    fn perform_group(&mut self, first: Job, jobs: &Receiver<Job>) -> After {
        for job in std::iter::once(first).chain(jobs.try_iter().take(GROUP_MAX)) {
            if let After::Stop(done) = self.perform(job) {
                self.sync_all();
                return After::Stop(done);
            }
        }
        self.sync_waited_for();
        if self.last_sync.elapsed() >= SYNC_EVERY {
            self.sync_all();
        }
        After::GoOn
    }

    fn perform(&mut self, job: Job) -> After {
        match job {
            Job::Adopt { session, journal } => {
                self.journals.insert(session, journal);
            }
            Job::Append { session, event, done } => self.append(session, &event, done),
            Job::Seal { session, done } => {
                self.sync_waited_for();
                self.dirty.remove(&session);
                let sealed = match self.journals.remove(&session) {
                    Some(mut journal) => journal.seal().map_err(SaveError::from),
                    None => Err(not_open(session)),
                };
                let _ = done.send(sealed);
            }
            Job::Release { session } => {
                self.sync(session);
                self.journals.remove(&session);
            }
            Job::Stop { done } => return After::Stop(done),
        }
        After::GoOn
    }

    fn append(&mut self, session: SessionId, event: &Event, done: Option<Done>) {
        let Some(journal) = self.journals.get_mut(&session) else {
            answer(done, Err(not_open(session)));
            return;
        };
        match journal.append(event) {
            Ok(()) => {
                if self.failing.remove(&session) {
                    tracing::info!(%session, "journal is written again");
                }
                self.dirty.insert(session);
                self.waiting.extend(done.map(|done| (session, done)));
            }
            Err(error) => {
                if self.failing.insert(session) {
                    tracing::error!(%session, %error, "journal cannot be written");
                }
                answer(done, Err(error.into()));
            }
        }
    }

    fn sync_waited_for(&mut self) {
        let sessions: HashSet<SessionId> = self.waiting.iter().map(|(session, _)| *session).collect();
        for session in sessions {
            self.sync(session);
        }
    }

    fn sync_all(&mut self) {
        for session in self.dirty.clone() {
            self.sync(session);
        }
        self.last_sync = Instant::now();
    }

    fn sync(&mut self, session: SessionId) {
        let result = match self.journals.get_mut(&session) {
            Some(journal) => journal.sync().map_err(SaveError::from),
            None => Ok(()),
        };
        if let Err(error) = &result {
            tracing::error!(%session, %error, "journal not made durable");
        }
        self.dirty.remove(&session);
        for (_, done) in self.waiting.extract_if(.., |(waits_for, _)| *waits_for == session) {
            let _ = done.send(result.clone());
        }
    }
}

fn answer(done: Option<Done>, result: Result<(), SaveError>) {
    if let Some(done) = done {
        // Whoever asked may have given up; that is theirs to do.
        let _ = done.send(result);
    }
}

fn not_open(session: SessionId) -> SaveError {
    SaveError::from(ArchiveError::NotFound(format!("the journal of session {session}")))
}
