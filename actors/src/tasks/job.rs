//! What a job is, and what it has in its hands while it works.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::{mpsc, oneshot, watch};

use crate::logic::tasks::{End, Signal};
use crate::model::task::{Manner, Progress, TaskId};

/// How often a blocking job that sleeps looks whether it should stop.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A job that waits for something most of the time. It shares a thread with others, so it must never block.
#[async_trait(?Send)]
pub trait Job: Send {
    /// Does the job; what came of it, in words that the edge understands.
    ///
    /// # Errors
    /// [`JobError::Stopped`] where [`Steps`] said so, else why it failed.
    async fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError>;
}

/// A job that keeps a thread of its own busy.
pub trait BlockingJob: Send {
    /// Does the job; what came of it, in words that the edge understands.
    ///
    /// # Errors
    /// [`JobError::Stopped`] where [`Steps`] said so, else why it failed.
    fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError>;
}

/// The work of a task.
pub enum Work {
    /// Waits most of the time.
    Waiting(Box<dyn Job>),
    /// Keeps a thread busy.
    Blocking(Box<dyn BlockingJob>),
}

impl Work {
    /// How it works.
    pub fn manner(&self) -> Manner {
        match self {
            Self::Waiting(_) => Manner::Waiting,
            Self::Blocking(_) => Manner::Blocking,
        }
    }
}

/// Why a job did not do what it should.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JobError {
    /// It was told to stop.
    #[error("the job was told to stop")]
    Stopped,
    /// It failed; the text is shown to people.
    #[error("{0}")]
    Failed(String),
}

/// A job is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped;

impl From<Stopped> for JobError {
    fn from(Stopped: Stopped) -> Self {
        Self::Stopped
    }
}

/// What jobs tell the manager.
#[derive(Debug)]
pub(super) enum Report {
    /// News lie in the job's [`News`].
    Progressed(TaskId),
    /// It cannot go on until somebody lets it; told back once the task is paused.
    Stuck(TaskId, oneshot::Sender<()>),
    /// It ended.
    Ended(TaskId, End),
}

/// The last word of a job that was not told yet: what a newer one overtakes is never told.
#[derive(Debug, Clone, Default)]
pub(super) struct News {
    last: Arc<Mutex<Option<Progress>>>,
}

impl News {
    pub(super) fn take(&self) -> Option<Progress> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Progress>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A job's hands: it tells how far it is, and learns at each step whether to go on.
#[derive(Debug, Clone)]
pub struct Steps {
    id: TaskId,
    signal: watch::Receiver<Signal>,
    news: News,
    reports: mpsc::Sender<Report>,
}

impl Steps {
    pub(super) fn new(id: TaskId, signal: watch::Receiver<Signal>, news: News, reports: mpsc::Sender<Report>) -> Self {
        Self { id, signal, news, reports }
    }

    /// The task it works for.
    pub fn task(&self) -> TaskId {
        self.id
    }

    /// Tells how far the job is; never waits. `total` is 0 while nobody knows.
    pub fn report(&self, current: u64, total: u64, message: impl Into<String>) {
        let current = if total > 0 { current.min(total) } else { current };
        let before = self.news.lock().replace(Progress { current, total, message: message.into() });
        if before.is_none() {
            // A queue that is full is on its way to these news, at the latest with the job's end.
            let _ = self.reports.try_send(Report::Progressed(self.id));
        }
    }

    /// Between two steps: waits while the task is paused.
    ///
    /// # Errors
    /// When the job is to stop.
    pub async fn step(&mut self) -> Result<(), Stopped> {
        loop {
            self.check()?;
            if *self.signal.borrow_and_update() == Signal::Go {
                return Ok(());
            }
            self.signal.changed().await.map_err(|_| Stopped)?;
        }
    }

    /// Lets time pass, and is a step.
    ///
    /// # Errors
    /// When the job is to stop; it need not wait for the end of the time then.
    pub async fn sleep(&mut self, time: Duration) -> Result<(), Stopped> {
        let waited = tokio::time::sleep(time);
        tokio::pin!(waited);
        loop {
            self.check()?;
            tokio::select! {
                () = &mut waited => return self.step().await,
                changed = self.signal.changed() => changed.map_err(|_| Stopped)?,
            }
        }
    }

    /// Pauses the task because it cannot go on, and waits until somebody resumes it.
    ///
    /// # Errors
    /// When the job is to stop.
    pub async fn stand_still(&mut self, current: u64, total: u64, why: impl Into<String>) -> Result<(), Stopped> {
        self.report(current, total, why);
        loop {
            let (done, paused) = oneshot::channel();
            self.reports.send(Report::Stuck(self.id, done)).await.map_err(|_| Stopped)?;
            let is_paused = tokio::select! {
                paused = paused => paused.is_ok(),
                // What the job still has to do cannot wait for a slow disk.
                _ = self.signal.wait_for(|signal| *signal == Signal::Stop) => false,
            };
            if is_paused {
                return self.step().await;
            }
            // A manager that died over it is followed by another one.
            self.check()?;
        }
    }

    /// Waits for something, unless the task is paused or told to stop meanwhile: `None` then, and [`Steps::step`] says which.
    pub async fn unless_told<T>(&mut self, something: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            // Without a manager it is to stop, which the next step tells.
            _ = self.signal.changed() => None,
            value = something => Some(value),
        }
    }

    /// Between two steps of a blocking job.
    ///
    /// # Errors
    /// When the job is to stop.
    pub fn check(&self) -> Result<(), Stopped> {
        let has_manager = self.signal.has_changed().is_ok();
        if !has_manager || *self.signal.borrow() == Signal::Stop { Err(Stopped) } else { Ok(()) }
    }

    /// Lets time pass in a blocking job.
    ///
    /// # Errors
    /// When the job is to stop; it need not wait for the end of the time then.
    pub fn block(&self, time: Duration) -> Result<(), Stopped> {
        let mut left = time;
        while !left.is_zero() {
            self.check()?;
            let nap = left.min(LOOK_EVERY);
            std::thread::sleep(nap);
            left -= nap;
        }
        self.check()
    }
}
