//! Which tasks may begin, and what becomes of them.
//!
//! Strictly in the order in which they were asked for: the first that waits begins as soon as it may, none overtakes it. One
//! that wants to be alone begins when nothing works and lets nothing begin beside it. Source: wire contract, section 5.
//!
//! A task that is cancelled is cancelled at once, but its job may still be at it: until that has ended it keeps its place.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::model::task::{Company, Manner, Progress, Task, TaskId, TaskStatus};
use crate::model::time::WallMs;

/// Waiting jobs that work side by side. One that works at a machine is not counted: it may stand there for hours until somebody
/// answers, and keeps only others from that machine. Source: wire contract, section 5; ADR 12.
pub const WAITING_MAX: usize = 3;
/// Finished tasks that are kept; the ones that ended first go first.
pub const FINISHED_MAX: usize = 200;
/// Tasks that wait or work; more are refused.
pub const UNFINISHED_MAX: usize = 256;
/// Why a cancelled task did not complete. Source: clients of the OpenScan protocol know these words.
pub const CANCELLED: &str = "Task was cancelled by user.";
/// Why an interrupted task did not complete. Source: as above.
pub const INTERRUPTED: &str = "Task was interrupted by application shutdown.";

/// What happens to the tasks.
#[derive(Debug, Clone)]
pub enum Input {
    /// Somebody asks for a new one, which is on disk as pending already: what cannot be kept is not taken.
    Asked(Task),
    /// Somebody wants one to stand still.
    Pause(TaskId),
    /// Somebody wants one to go on.
    Resume(TaskId),
    /// Somebody does not want one any more.
    Cancel(TaskId),
    /// Somebody wants a finished one off the list.
    Forget(TaskId),
    /// A job told how far it is.
    Progressed(TaskId, Progress),
    /// A job ended.
    Ended(TaskId, End),
    /// The daemon stops.
    Close,
}

/// How a job ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// It did what it should; what came of it, in its own words.
    Completed(Option<Arc<str>>),
    /// It stopped because it was told to.
    Stopped,
    /// It failed, and why.
    Failed(String),
}

/// What a job that works is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Go on.
    Go,
    /// Stand still at the next step.
    Pause,
    /// End at the next step.
    Stop,
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Put it on disk, then tell everybody.
    Keep(Task),
    /// Tell everybody.
    Tell(Task),
    /// Begin its job.
    Start(TaskId),
    /// Tell its job.
    Signal(TaskId, Signal),
    /// Take it off the disk, then tell everybody.
    Forget(TaskId),
}

/// Why something cannot be done with a task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TaskRefusal {
    /// There is no such task.
    #[error("there is no task {0}")]
    Unknown(TaskId),
    /// Too many are not finished.
    #[error("{UNFINISHED_MAX} tasks wait or work already: let some end, or cancel some")]
    Full,
    /// The daemon stops.
    #[error("the daemon is stopping: ask again once it has started")]
    Closing,
    /// Its job keeps a thread busy.
    #[error("`{0}` cannot be paused while it works: cancel it, or let it end")]
    Unpausable(Arc<str>),
    /// It stands elsewhere.
    #[error("the task is {0}: only one that is running can be paused, only one that is paused resumed")]
    NotAtWork(&'static str),
    /// Its job has not ended.
    #[error("the task has not ended: cancel it and wait for its end before it is cleaned up")]
    Unfinished,
}

/// Whether tasks are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Door {
    #[default]
    Open,
    Closed,
}

/// All tasks, in the order in which they were asked for.
#[derive(Debug, Default)]
pub struct TaskBook {
    tasks: Vec<Task>,
    /// Whose jobs began and have not ended, whatever their status says.
    working: BTreeSet<TaskId>,
    door: Door,
}

impl TaskBook {
    /// Takes up what the last run of the daemon left: what had not ended never will.
    pub fn restored(tasks: Vec<Task>) -> (Self, Vec<Effect>) {
        let mut book = Self { tasks, working: BTreeSet::new(), door: Door::Open };
        let mut effects = Vec::new();
        for at in 0..book.tasks.len() {
            let number = book.tasks[at].number.or_else(|| book.next_number(&book.tasks[at]));
            let task = &mut book.tasks[at];
            let was_cut_short = !task.status.is_final();
            if was_cut_short {
                (task.status, task.error) = (TaskStatus::Interrupted, Some(INTERRUPTED.to_owned()));
            }
            if was_cut_short || task.number != number {
                task.number = number;
                effects.push(Effect::Keep(task.clone()));
            }
        }
        book.forget_old(&mut effects);
        (book, effects)
    }

    /// All tasks, in the order in which they were asked for.
    pub fn tasks(&self) -> &[Task] {
        &self.tasks
    }

    /// One of them.
    pub fn find(&self, id: TaskId) -> Option<&Task> {
        self.tasks.iter().find(|task| task.id == id)
    }

    /// The number of a task that is about to be asked for: behind all of its name in its project.
    pub fn next_number(&self, new: &Task) -> Option<u32> {
        new.project.as_ref()?;
        let alike = self.tasks.iter().filter(|task| task.name == new.name && task.project == new.project);
        Some(alike.filter_map(|task| task.number).max().unwrap_or(0).saturating_add(1))
    }

    /// Whose jobs began and have not ended.
    pub fn working(&self) -> &BTreeSet<TaskId> {
        &self.working
    }

    /// Whether another one would be taken now.
    ///
    /// # Errors
    /// Why not.
    pub fn admit(&self) -> Result<(), TaskRefusal> {
        if self.door == Door::Closed {
            return Err(TaskRefusal::Closing);
        }
        if self.tasks.iter().filter(|task| self.is_unfinished(task)).count() >= UNFINISHED_MAX {
            return Err(TaskRefusal::Full);
        }
        Ok(())
    }

    /// Takes in what happens; what is to be done about it, in order.
    ///
    /// # Errors
    /// Why it cannot be; nothing has changed then.
    pub fn step(&mut self, now: WallMs, input: Input) -> Result<Vec<Effect>, TaskRefusal> {
        let mut effects = Vec::new();
        match input {
            Input::Asked(task) => self.ask(task, &mut effects)?,
            Input::Pause(id) => self.pause(id, &mut effects)?,
            Input::Resume(id) => self.resume(id, &mut effects)?,
            Input::Cancel(id) => self.give_up(id, now, TaskStatus::Cancelled, &mut effects)?,
            Input::Forget(id) => self.forget(id, &mut effects)?,
            Input::Progressed(id, progress) => self.progressed(id, progress, &mut effects),
            Input::Ended(id, end) => self.ended(id, now, end, &mut effects),
            Input::Close => self.close(now, &mut effects)?,
        }
        self.start_due(now, &mut effects);
        self.forget_old(&mut effects);
        Ok(effects)
    }

    fn ask(&mut self, task: Task, effects: &mut Vec<Effect>) -> Result<(), TaskRefusal> {
        self.admit()?;
        effects.push(Effect::Tell(task.clone()));
        self.tasks.push(task);
        Ok(())
    }

    fn pause(&mut self, id: TaskId, effects: &mut Vec<Effect>) -> Result<(), TaskRefusal> {
        let task = self.known(id)?;
        match (task.status, task.manner) {
            (TaskStatus::Paused, _) => Ok(()),
            (TaskStatus::Running, Manner::Blocking) => Err(TaskRefusal::Unpausable(task.name.clone())),
            (TaskStatus::Running, Manner::Waiting) => {
                task.status = TaskStatus::Paused;
                effects.extend([Effect::Signal(id, Signal::Pause), Effect::Keep(task.clone())]);
                Ok(())
            }
            (status, _) => Err(TaskRefusal::NotAtWork(word(status))),
        }
    }

    fn resume(&mut self, id: TaskId, effects: &mut Vec<Effect>) -> Result<(), TaskRefusal> {
        let task = self.known(id)?;
        match task.status {
            TaskStatus::Running => Ok(()),
            TaskStatus::Paused => {
                task.status = TaskStatus::Running;
                effects.extend([Effect::Keep(task.clone()), Effect::Signal(id, Signal::Go)]);
                Ok(())
            }
            status => Err(TaskRefusal::NotAtWork(word(status))),
        }
    }

    /// Cancels or interrupts a task. One that is finished stays as it is.
    fn give_up(
        &mut self,
        id: TaskId,
        now: WallMs,
        status: TaskStatus,
        effects: &mut Vec<Effect>,
    ) -> Result<(), TaskRefusal> {
        let is_working = self.working.contains(&id);
        let task = self.known(id)?;
        if task.status.is_final() {
            return Ok(());
        }
        task.status = status;
        task.error = Some(if status == TaskStatus::Cancelled { CANCELLED } else { INTERRUPTED }.to_owned());
        if is_working {
            effects.push(Effect::Signal(id, Signal::Stop));
        } else {
            task.completed_at = Some(now);
        }
        effects.push(Effect::Keep(task.clone()));
        Ok(())
    }

    fn forget(&mut self, id: TaskId, effects: &mut Vec<Effect>) -> Result<(), TaskRefusal> {
        let Some(task) = self.find(id) else { return Err(TaskRefusal::Unknown(id)) };
        if self.is_unfinished(task) {
            return Err(TaskRefusal::Unfinished);
        }
        self.tasks.retain(|task| task.id != id);
        effects.push(Effect::Forget(id));
        Ok(())
    }

    fn progressed(&mut self, id: TaskId, progress: Progress, effects: &mut Vec<Effect>) {
        if let Ok(task) = self.known(id)
            && matches!(task.status, TaskStatus::Running | TaskStatus::Paused)
            && task.progress != progress
        {
            task.progress = progress;
            effects.push(Effect::Tell(task.clone()));
        }
    }

    fn ended(&mut self, id: TaskId, now: WallMs, end: End, effects: &mut Vec<Effect>) {
        if !self.working.remove(&id) {
            return;
        }
        let Ok(task) = self.known(id) else { return };
        task.completed_at = Some(now);
        if !task.status.is_final() {
            match end {
                End::Completed(result) => {
                    task.status = TaskStatus::Completed;
                    task.progress.current = task.progress.total;
                    task.result = result;
                }
                End::Failed(why) => (task.status, task.error) = (TaskStatus::Error, Some(why)),
                End::Stopped => {
                    (task.status, task.error) =
                        (TaskStatus::Error, Some("it stopped, and nobody told it to".to_owned()));
                }
            }
        }
        effects.push(Effect::Keep(task.clone()));
    }

    fn close(&mut self, now: WallMs, effects: &mut Vec<Effect>) -> Result<(), TaskRefusal> {
        self.door = Door::Closed;
        let all: Vec<TaskId> = self.tasks.iter().map(|task| task.id).collect();
        all.into_iter().try_for_each(|id| self.give_up(id, now, TaskStatus::Interrupted, effects))?;
        // Jobs end while the disk is busy.
        effects.sort_by_key(|effect| !matches!(effect, Effect::Signal(..)));
        Ok(())
    }

    fn start_due(&mut self, now: WallMs, effects: &mut Vec<Effect>) {
        while let Some(at) = self.tasks.iter().position(|task| task.status == TaskStatus::Pending) {
            if !self.may_start(&self.tasks[at]) {
                return;
            }
            let task = &mut self.tasks[at];
            (task.status, task.started_at) = (TaskStatus::Running, Some(now));
            self.working.insert(task.id);
            effects.extend([Effect::Keep(task.clone()), Effect::Start(task.id)]);
        }
    }

    fn may_start(&self, next: &Task) -> bool {
        let at_work = || self.tasks.iter().filter(|task| self.working.contains(&task.id));
        if at_work().any(|task| task.company == Company::Alone) {
            return false;
        }
        match (next.company, next.manner) {
            (Company::Alone, _) => self.working.is_empty(),
            (Company::Shared, Manner::Blocking) => true,
            (Company::Shared, Manner::Waiting) => {
                !takes_a_place(next) || at_work().filter(|task| takes_a_place(task)).count() < WAITING_MAX
            }
        }
    }

    fn forget_old(&mut self, effects: &mut Vec<Effect>) {
        loop {
            let finished = || self.tasks.iter().filter(|task| !self.is_unfinished(task));
            if finished().count() <= FINISHED_MAX {
                return;
            }
            let Some(oldest) = finished().min_by_key(|task| last_seen(task)).map(|task| task.id) else { return };
            self.tasks.retain(|task| task.id != oldest);
            effects.push(Effect::Forget(oldest));
        }
    }

    fn is_unfinished(&self, task: &Task) -> bool {
        !task.status.is_final() || self.working.contains(&task.id)
    }

    fn known(&mut self, id: TaskId) -> Result<&mut Task, TaskRefusal> {
        self.tasks.iter_mut().find(|task| task.id == id).ok_or(TaskRefusal::Unknown(id))
    }
}

fn takes_a_place(task: &Task) -> bool {
    task.manner == Manner::Waiting && task.machine.is_none()
}

/// The end of a task, or where nobody saw it, the last that was seen of it.
fn last_seen(task: &Task) -> WallMs {
    task.completed_at.or(task.started_at).unwrap_or(task.created_at)
}

fn word(status: TaskStatus) -> &'static str {
    match status {
        TaskStatus::Pending => "waiting for its turn",
        TaskStatus::Running => "running",
        TaskStatus::Paused => "paused",
        TaskStatus::Completed => "completed",
        TaskStatus::Cancelled => "cancelled",
        TaskStatus::Error => "ended with an error",
        TaskStatus::Interrupted => "interrupted",
    }
}

#[cfg(test)]
mod tests;
