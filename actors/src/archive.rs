//! Door 3: what keeps things on disk. Synchronous: called from the recorder's thread or a blocking thread, never from an actor.
//!
//! One journal per session is the truth: its events in one stream, in order, append-only. A profile is a sealed journal;
//! what people add to it later are further records in the same file. Everything else can be rebuilt from the journals.

use std::collections::BTreeSet;

use crate::logic::addresses::{Answer, Request};
use crate::model::alarm::AlarmNotice;
use crate::model::command::Scope;
use crate::model::event::Event;
use crate::model::ids::{MachineId, ProgramId, Seq, SessionId};
use crate::model::journal::{JournalHeader, SessionLog};
use crate::model::profile::{Annotation, Profile, ProfileSummary};
use crate::model::task::{Task, TaskId};
use crate::model::time::WallMs;

/// A journal that was not sealed: its session was cut by a crash.
#[derive(Debug, Clone)]
pub struct Interrupted {
    /// What was read back.
    pub log: SessionLog,
    /// Time since the last event that was read back happened, by the system's monotonic clock; `None` when the system was restarted
    /// in between. Unit: ms of real time.
    pub silent_ms: Option<u64>,
}

/// An open journal. Dropping it leaves it unsealed, as a crash would.
pub trait Journal: Send {
    /// Hands one event to the operating system: it survives the daemon, not yet a power cut.
    ///
    /// # Errors
    /// When the disk refuses; nothing half-written is ever read back as an event.
    fn append(&mut self, event: &Event) -> Result<(), ArchiveError>;

    /// Makes everything appended survive a power cut.
    ///
    /// # Errors
    /// When the disk refuses. What was appended since the last success must then be considered lost.
    fn sync(&mut self) -> Result<(), ArchiveError>;

    /// Ends the session and makes that durable.
    ///
    /// # Errors
    /// When the disk refuses; the journal then stays unsealed and is recovered at the next start.
    fn seal(&mut self) -> Result<(), ArchiveError>;
}

/// Which profiles to list. Newest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfileQuery {
    /// Words that must all occur in name, notes, bean, machine, operator, batch or tags.
    pub text: Option<String>,
    /// Only of these machines.
    pub scope: Scope,
    /// Only of this machine.
    pub machine: Option<MachineId>,
    /// Created at or after.
    pub from: Option<WallMs>,
    /// Created before.
    pub to: Option<WallMs>,
    /// At most so many.
    pub limit: usize,
    /// Continue after this one.
    pub after: Option<SessionId>,
}

/// One page of profiles.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProfilePage {
    /// The page.
    pub items: Vec<ProfileSummary>,
    /// Where the next page goes on, if there is one.
    pub next: Option<SessionId>,
}

/// How the run of the daemon before this one ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LastRun {
    /// There was none, or it stopped in order. These machines it could not bring to safety, or left latched.
    Orderly(BTreeSet<MachineId>),
    /// It was killed: what outputs do is not known.
    Cut,
}

impl LastRun {
    /// Whether a machine's outputs must be brought to safety before anything else.
    pub fn left_open(&self, machine: &MachineId) -> bool {
        match self {
            Self::Orderly(but) => but.contains(machine),
            Self::Cut => true,
        }
    }
}

/// Keeps sessions, profiles, machines, programs and tasks.
pub trait Archive: Send + Sync {
    /// The number of this start of the daemon, one higher at each start, durable before it is returned.
    ///
    /// # Errors
    /// When the disk refuses.
    fn next_boot(&self) -> Result<u64, ArchiveError>;

    /// Notes, durably, that outputs may be in use from now on; tells how the run before ended.
    ///
    /// # Errors
    /// When the disk refuses.
    fn open_run(&self) -> Result<LastRun, ArchiveError>;

    /// Notes that every output has been brought to safety, but for those of some machines.
    ///
    /// # Errors
    /// When the disk refuses; the next run then takes this one for cut.
    fn close_run(&self, but: &BTreeSet<MachineId>) -> Result<(), ArchiveError>;

    /// The alarms that were not normal when they were last put, by machine. One that cannot be read is reported, not an error.
    ///
    /// # Errors
    /// When the disk refuses.
    fn alarms(&self) -> Result<Vec<(MachineId, Vec<AlarmNotice>)>, ArchiveError>;

    /// Keeps all alarms of a machine that are not normal, in the place of those before; durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses; what was kept before is then still there.
    fn put_alarms(&self, machine: &MachineId, standing: &[AlarmNotice]) -> Result<(), ArchiveError>;

    /// Opens a fresh journal; its header is durable when this returns. Journals of the same machine that were kept only until
    /// the next session are deleted.
    ///
    /// # Errors
    /// When the disk refuses or has too little room to begin a recording.
    fn create(&self, header: &JournalHeader) -> Result<Box<dyn Journal>, ArchiveError>;

    /// Opens the unsealed journal of a session for more events, after cutting off what is damaged at its end.
    ///
    /// # Errors
    /// When there is none, it is sealed, or the disk refuses.
    fn resume(&self, session: SessionId) -> Result<Box<dyn Journal>, ArchiveError>;

    /// Journals that were not sealed, at the start of the daemon.
    ///
    /// # Errors
    /// When the directory cannot be read. A single unreadable journal is reported and set aside, not an error.
    fn interrupted(&self) -> Result<Vec<Interrupted>, ArchiveError>;

    /// Reads a journal's events after `after`, all of them if `None`.
    ///
    /// # Errors
    /// When there is no such journal or it cannot be read.
    fn read(&self, session: SessionId, after: Option<Seq>) -> Result<SessionLog, ArchiveError>;

    /// One page of profiles.
    ///
    /// # Errors
    /// When the index fails and cannot be rebuilt.
    fn profiles(&self, query: &ProfileQuery) -> Result<ProfilePage, ArchiveError>;

    /// A profile, whole.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    fn profile(&self, id: SessionId) -> Result<Profile, ArchiveError>;

    /// Adds what people say about a profile; durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    fn annotate(&self, id: SessionId, annotation: Annotation) -> Result<Profile, ArchiveError>;

    /// Writes a whole profile as a sealed journal of its own; durable when this returns.
    ///
    /// # Errors
    /// [`ArchiveError::Exists`] when the id is taken.
    fn import(&self, profile: &Profile) -> Result<(), ArchiveError>;

    /// Deletes a profile.
    ///
    /// # Errors
    /// [`ArchiveError::NotFound`] when there is none.
    fn delete(&self, id: SessionId) -> Result<(), ArchiveError>;

    /// The configuration documents of all machines, as they were put.
    ///
    /// # Errors
    /// When the disk refuses.
    fn machines(&self) -> Result<Vec<(MachineId, String)>, ArchiveError>;

    /// Keeps a machine's configuration document; durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    fn put_machine(&self, id: &MachineId, document: &str) -> Result<(), ArchiveError>;

    /// Forgets a machine's configuration; its profiles stay.
    ///
    /// # Errors
    /// When the disk refuses.
    fn delete_machine(&self, id: &MachineId) -> Result<(), ArchiveError>;

    /// Gives each channel of these machines its number: the one it had, the one that is written down, or a fresh one. Durable when
    /// this returns. A machine that asks for a number of another one is answered with that and changes nothing; the others get
    /// theirs.
    ///
    /// # Errors
    /// When the disk refuses; then no number has changed.
    fn assign(&self, requests: &[Request]) -> Result<Vec<Answer>, ArchiveError>;

    /// The documents of all programs, as they were put, in order of their ids.
    ///
    /// # Errors
    /// When the disk refuses.
    fn programs(&self) -> Result<Vec<(ProgramId, String)>, ArchiveError>;

    /// Keeps a program's document; durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses.
    fn put_program(&self, id: &ProgramId, document: &str) -> Result<(), ArchiveError>;

    /// Forgets a program. Nothing to do where there is none.
    ///
    /// # Errors
    /// When the disk refuses.
    fn delete_program(&self, id: &ProgramId) -> Result<(), ArchiveError>;

    /// All tasks in the order in which they were asked for. One that cannot be read is reported and set aside, not an error.
    ///
    /// # Errors
    /// When the disk refuses.
    fn tasks(&self) -> Result<Vec<Task>, ArchiveError>;

    /// Keeps a task as it is now; durable when this returns.
    ///
    /// # Errors
    /// When the disk refuses; what was kept of it before is then still there.
    fn put_task(&self, task: &Task) -> Result<(), ArchiveError>;

    /// Forgets a task. Nothing to do where there is none.
    ///
    /// # Errors
    /// When the disk refuses.
    fn delete_task(&self, id: TaskId) -> Result<(), ArchiveError>;
}

/// What the disk or what is on it can say no to.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// There is no such thing.
    #[error("{0} does not exist")]
    NotFound(String),
    /// The id is taken.
    #[error("{0} exists already")]
    Exists(String),
    /// Too little room to begin.
    #[error(
        "only {free_mib} MiB are free on the storage disk, {needed_mib} MiB are needed to begin a recording: make room"
    )]
    Full {
        /// What is free.
        free_mib: u64,
        /// What is needed.
        needed_mib: u64,
    },
    /// The file system refused.
    #[error("{what}")]
    Io {
        /// What was attempted, with the path.
        what: String,
        /// The system's own words.
        #[source]
        source: std::io::Error,
    },
    /// What is on disk cannot be used.
    #[error("{what} is damaged: {why}")]
    Damaged {
        /// Which file or record.
        what: String,
        /// What is wrong.
        why: String,
    },
}
