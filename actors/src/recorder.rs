//! The recorder: one thread that writes every machine's journal, off the async threads.
//!
//! Events are handed to the operating system as they come, so they survive the daemon's death; once a second, and at once when
//! somebody waits for it, they are made to survive a power cut. Everything that waits in the queue shares one such write (group commit).
//!
//! A disk that refuses costs nothing that can be kept in memory: what nobody waits for stays with its journal (see [`open`]) and is
//! written when the disk takes it again; what somebody waits for is refused to him at once, and never happened.

mod open;

use std::collections::HashMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use tokio::time::Instant;

use crate::archive::ArchiveError;
use crate::model::ids::SessionId;
use crate::runtime::guarded::panic_text;
use crate::runtime::journal::{Done, Job, RecorderQueue, SaveError, Waits};
use open::OpenJournal;

/// Bound of what may wait to be written, over all machines.
const QUEUE_JOBS_MAX: usize = 16_384;
/// How long a reading may be at the mercy of a power cut, and how often a disk that refused is asked again.
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
    journals: HashMap<SessionId, OpenJournal>,
    last_sync: Instant,
}

/// What a job leaves to do for the loop.
enum After {
    GoOn,
    Stop(Done),
}

impl Recorder {
    fn new() -> Self {
        Self { journals: HashMap::new(), last_sync: Instant::now() }
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
                self.journals.insert(session, OpenJournal::new(session, journal));
            }
            Job::Append { session, event, waits } => match (self.journals.get_mut(&session), waits) {
                (Some(journal), Waits::Nobody) => journal.keep(event),
                (Some(journal), Waits::ForDisk(done)) => journal.append_now(event, done),
                (Some(journal), Waits::ForRecord(recording)) => {
                    journal.keep_surely(event);
                    drop(recording);
                }
                (None, Waits::ForDisk(done)) => answer(done, Err(not_open(session))),
                (None, Waits::Nobody | Waits::ForRecord(_)) => {}
            },
            Job::Seal { session, done } => {
                let sealed = self.journals.get_mut(&session).map_or_else(|| Err(not_open(session)), OpenJournal::seal);
                self.journals.retain(|_, journal| !journal.is_ended());
                answer(done, sealed);
            }
            Job::Release { session } => {
                if let Some(mut journal) = self.journals.remove(&session) {
                    let _ = journal.sync();
                }
            }
            Job::Stop { done } => return After::Stop(done),
        }
        After::GoOn
    }

    fn sync_waited_for(&mut self) {
        for journal in self.journals.values_mut().filter(|journal| journal.is_awaited()) {
            let _ = journal.sync();
        }
    }

    fn sync_all(&mut self) {
        self.last_sync = Instant::now();
        for journal in self.journals.values_mut() {
            // Each journal tells of its own trouble, to the log and to whoever waits.
            let _ = journal.sync();
        }
        self.journals.retain(|_, journal| !journal.is_ended());
    }
}

fn answer(done: Done, result: Result<(), SaveError>) {
    // Whoever asked may have given up; that is theirs to do.
    let _ = done.send(result);
}

fn not_open(session: SessionId) -> SaveError {
    SaveError::from(ArchiveError::NotFound(format!("the journal of session {session}")))
}
