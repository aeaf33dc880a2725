//! What outlives a manager: the book, the board, the jobs at work; and how effects are carried out on them.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use actix::Addr;
use futures_util::FutureExt;
use tokio::sync::{mpsc, watch};

use super::board::Board;
use super::job::{BlockingJob, Job, JobError, News, Report, Steps, Work};
use super::manager::Manager;
use crate::archive::{Archive, ArchiveError};
use crate::logic::tasks::{Effect, End, Signal, TaskBook};
use crate::model::task::{Task, TaskId, TaskStatus};
use crate::runtime::guarded::panic_text;

/// What jobs may have told that the manager has not taken in.
const REPORTS_WAITING_MAX: usize = 1024;
/// How long a job that was told to stop may go on before it is dropped where it waits.
const STOP_GRACE: Duration = Duration::from_secs(1);

/// A job, before and while it works.
struct AtWork {
    /// Taken when it begins.
    work: Option<Work>,
    signal: watch::Sender<Signal>,
    news: News,
}

/// What outlives a manager.
pub(super) struct Shared {
    archive: Arc<dyn Archive>,
    book: Mutex<TaskBook>,
    pub(super) board: Board,
    jobs: Mutex<BTreeMap<TaskId, AtWork>>,
    /// What is told, but could not be put on disk.
    unkept: Mutex<BTreeSet<TaskId>>,
    reports: mpsc::Sender<Report>,
    /// One manager at a time takes reports.
    reported: tokio::sync::Mutex<mpsc::Receiver<Report>>,
    manager: watch::Sender<Option<Addr<Manager>>>,
    working: watch::Sender<usize>,
}

impl Shared {
    pub(super) fn restored(archive: Arc<dyn Archive>) -> Result<Arc<Self>, ArchiveError> {
        let (book, effects) = TaskBook::restored(archive.tasks()?);
        let (reports, reported) = mpsc::channel(REPORTS_WAITING_MAX);
        let shared = Self {
            board: Board::new(book.tasks()),
            book: Mutex::new(book),
            jobs: Mutex::default(),
            unkept: Mutex::default(),
            reports,
            reported: tokio::sync::Mutex::new(reported),
            manager: watch::Sender::new(None),
            working: watch::Sender::new(0),
            archive,
        };
        for effect in effects {
            match effect {
                Effect::Keep(task) => shared.note_kept(task.id, shared.archive.put_task(&task)),
                Effect::Forget(id) => note_forgotten(id, shared.archive.delete_task(id)),
                Effect::Tell(_) | Effect::Start(_) | Effect::Signal(..) => {}
            }
        }
        Ok(Arc::new(shared))
    }

    pub(super) fn book(&self) -> MutexGuard<'_, TaskBook> {
        locked(&self.book)
    }

    /// The present manager, once there is one.
    pub(super) async fn manager(&self) -> Option<Addr<Manager>> {
        self.manager.subscribe().wait_for(Option::is_some).await.ok().and_then(|manager| manager.clone())
    }

    pub(super) fn republish(&self, manager: Option<Addr<Manager>>) {
        self.manager.send_replace(manager);
    }

    /// Returns when no job works.
    pub(super) async fn all_ended(&self) {
        // The sender lives as long as this does.
        let _ = self.working.subscribe().wait_for(|working| *working == 0).await;
    }

    pub(super) async fn next_report(&self) -> Option<Report> {
        self.reported.lock().await.recv().await
    }

    pub(super) fn prepare(&self, id: TaskId, work: Work) {
        let at_work = AtWork { work: Some(work), signal: watch::Sender::new(Signal::Go), news: News::default() };
        locked(&self.jobs).insert(id, at_work);
    }

    pub(super) fn news(&self, id: TaskId) -> Option<crate::model::task::Progress> {
        locked(&self.jobs).get(&id).and_then(|job| job.news.take())
    }

    /// Drops what was prepared or worked for a task.
    pub(super) fn clear_away(&self, id: TaskId) {
        locked(&self.jobs).remove(&id);
    }

    /// Carries out what was decided, in order.
    pub(super) async fn carry_out(self: &Arc<Self>, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Keep(task) => {
                    if task.status.is_final() && !self.book().working().contains(&task.id) {
                        self.clear_away(task.id);
                    }
                    self.note_kept(task.id, self.keep(task.clone()).await);
                    self.board.tell(task);
                }
                Effect::Tell(task) => self.board.tell(task),
                Effect::Start(id) => self.begin(id),
                Effect::Signal(id, signal) => self.signal(id, signal),
                Effect::Forget(id) => {
                    note_forgotten(id, self.on_disk(move |archive| archive.delete_task(id)).await);
                    self.board.take_off(id);
                }
            }
        }
        let working = self.book().working().len();
        self.working.send_replace(working);
    }

    /// What a manager that ended left undone.
    pub(super) fn left_undone(&self) -> Vec<Effect> {
        let book = self.book();
        let jobs = locked(&self.jobs);
        let mut effects = Vec::new();
        let untold = |task: &&Task| self.board.find(task.id).is_none_or(|told| *told != **task);
        effects.extend(book.tasks().iter().filter(untold).cloned().map(Effect::Keep));
        effects
            .extend(self.board.list().iter().filter(|told| book.find(told.id).is_none()).map(|t| Effect::Forget(t.id)));
        for id in book.working() {
            let signal = match book.find(*id).map(|task| task.status) {
                Some(TaskStatus::Paused) => Signal::Pause,
                Some(TaskStatus::Running) => Signal::Go,
                _ => Signal::Stop,
            };
            effects.push(Effect::Signal(*id, signal));
            if jobs.get(id).is_some_and(|job| job.work.is_some()) {
                effects.push(Effect::Start(*id));
            }
        }
        effects
    }

    /// Tries again to put on disk what could not be.
    pub(super) async fn keep_the_rest(&self) {
        let unkept: Vec<TaskId> = locked(&self.unkept).iter().copied().collect();
        for id in unkept {
            let task = self.book().find(id).cloned();
            match task {
                Some(task) => self.note_kept(id, self.keep(task).await),
                None => drop(locked(&self.unkept).remove(&id)),
            }
        }
    }

    pub(super) async fn keep(&self, task: Task) -> Result<(), ArchiveError> {
        self.on_disk(move |archive| archive.put_task(&task)).await
    }

    async fn on_disk(
        &self,
        write: impl FnOnce(&dyn Archive) -> Result<(), ArchiveError> + Send + 'static,
    ) -> Result<(), ArchiveError> {
        let archive = Arc::clone(&self.archive);
        let written = tokio::task::spawn_blocking(move || write(archive.as_ref())).await;
        written.unwrap_or_else(|crash| {
            let source = std::io::Error::other(crash.to_string());
            Err(ArchiveError::Io { what: "the storage crashed while keeping a task".into(), source })
        })
    }

    fn note_kept(&self, task: TaskId, kept: Result<(), ArchiveError>) {
        match kept {
            Ok(()) => drop(locked(&self.unkept).remove(&task)),
            Err(error) => {
                tracing::error!(%task, %error, "a task's new status is not on disk; it is tried again");
                locked(&self.unkept).insert(task);
            }
        }
    }

    fn signal(&self, id: TaskId, signal: Signal) {
        if let Some(job) = locked(&self.jobs).get(&id) {
            job.signal.send_replace(signal);
        }
    }

    fn begin(&self, id: TaskId) {
        let mut jobs = locked(&self.jobs);
        let Some(job) = jobs.get_mut(&id) else { return };
        let Some(work) = job.work.take() else { return };
        let steps = Steps::new(id, job.signal.subscribe(), job.news.clone(), self.reports.clone());
        let stop = job.signal.subscribe();
        let reports = self.reports.clone();
        match work {
            Work::Waiting(job) => drop(actix::spawn(wait_for(id, job, steps, stop, reports))),
            Work::Blocking(job) => block_for(id, job, steps, reports),
        }
    }
}

/// Runs a job that waits, on the present thread.
async fn wait_for(
    id: TaskId,
    job: Box<dyn Job>,
    steps: Steps,
    stop: watch::Receiver<Signal>,
    reports: mpsc::Sender<Report>,
) {
    // What drops the job stands inside as well: a job may panic to its last breath.
    let guarded = async move {
        tokio::select! {
            result = job.run(steps) => result,
            () = overdue(stop) => Err(JobError::Stopped),
        }
    };
    let end = match AssertUnwindSafe(guarded).catch_unwind().await {
        Ok(result) => end_of(result),
        Err(panic) => crashed(&panic_text(panic.as_ref())),
    };
    // Nobody is left to be told when the daemon has ended.
    let _ = reports.send(Report::Ended(id, end)).await;
}

async fn overdue(mut stop: watch::Receiver<Signal>) {
    // Without a manager nobody waits for the job either.
    let _ = stop.wait_for(|signal| *signal == Signal::Stop).await;
    tokio::time::sleep(STOP_GRACE).await;
}

/// Runs a job that blocks, on a thread of its own.
fn block_for(id: TaskId, job: Box<dyn BlockingJob>, steps: Steps, reports: mpsc::Sender<Report>) {
    let told = reports.clone();
    let run = move || {
        let end = match catch_unwind(AssertUnwindSafe(|| job.run(steps))) {
            Ok(result) => end_of(result),
            Err(panic) => crashed(&panic_text(panic.as_ref())),
        };
        // As above.
        let _ = told.blocking_send(Report::Ended(id, end));
    };
    if let Err(error) = thread::Builder::new().name("task".to_owned()).spawn(run) {
        let end = End::Failed(format!("no thread could be started for it: {error}"));
        actix::spawn(async move { reports.send(Report::Ended(id, end)).await });
    }
}

fn end_of(result: Result<Option<Arc<str>>, JobError>) -> End {
    match result {
        Ok(result) => End::Completed(result),
        Err(JobError::Stopped) => End::Stopped,
        Err(JobError::Failed(why)) => End::Failed(why),
    }
}

fn crashed(words: &str) -> End {
    End::Failed(format!("the job crashed: {words}"))
}

fn note_forgotten(task: TaskId, forgotten: Result<(), ArchiveError>) {
    if let Err(error) = forgotten {
        tracing::warn!(%task, %error, "a task that was cleaned up stays on disk and will be there again after a restart");
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
