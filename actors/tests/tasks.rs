//! The task manager as a whole, in virtual time: what is told, in which order, and what survives what.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may fail")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::archive::Archive;
use hearth_actors::logic::tasks::{CANCELLED, INTERRUPTED, TaskRefusal};
use hearth_actors::model::task::{Company, Task, TaskEvent, TaskId, TaskStatus};
use hearth_actors::tasks::job::{BlockingJob, Job, JobError, Steps, Work};
use hearth_actors::tasks::{NewTask, TaskAttachment, TaskError, Tasks};
use hearth_actors::testing::MemoryArchive;
use tokio::time::Instant;

/// Takes a second for each step and says so.
struct Walk(u64);

#[async_trait(?Send)]
impl Job for Walk {
    async fn run(self: Box<Self>, mut steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        for step in 1..=self.0 {
            steps.sleep(Duration::from_secs(1)).await?;
            steps.report(step, self.0, format!("step {step}"));
        }
        Ok(Some("\"there\"".into()))
    }
}

/// What a job that misbehaves does.
enum Trouble {
    Panics,
    PanicsWhenDropped,
    NeverListens,
    Fails,
}

struct PanicsAtItsEnd;

impl Drop for PanicsAtItsEnd {
    fn drop(&mut self) {
        panic!("to its last breath");
    }
}

#[async_trait(?Send)]
impl Job for Trouble {
    async fn run(self: Box<Self>, mut steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        steps.step().await?;
        match *self {
            Self::Panics => panic!("a loose screw"),
            Self::PanicsWhenDropped => {
                let _last = PanicsAtItsEnd;
                std::future::pending().await
            }
            Self::NeverListens => std::future::pending().await,
            Self::Fails => Err(JobError::Failed("the disk is full: make room".into())),
        }
    }
}

/// Needs somebody's help so many times.
struct Helpless(u64);

#[async_trait(?Send)]
impl Job for Helpless {
    async fn run(self: Box<Self>, mut steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        for time in 1..=self.0 {
            steps.stand_still(time, self.0, format!("help {time}")).await?;
        }
        Ok(None)
    }
}

/// Counts on a thread of its own until it is told to stop, if it listens.
struct Drill(Arc<AtomicU64>);

impl BlockingJob for Drill {
    fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        loop {
            steps.check()?;
            if self.0.fetch_add(1, Ordering::SeqCst) > 1_000_000 {
                panic!("a blunt drill");
            }
            std::thread::yield_now();
        }
    }
}

fn new(work: Work) -> NewTask {
    NewTask {
        name: "a job".into(),
        company: Company::Shared,
        machine: None,
        project: None,
        arguments: "{}".into(),
        work,
    }
}

fn walk(steps: u64) -> NewTask {
    new(Work::Waiting(Box::new(Walk(steps))))
}

fn trouble(trouble: Trouble) -> NewTask {
    new(Work::Waiting(Box::new(trouble)))
}

fn house() -> (MemoryArchive, Tasks) {
    tokio::time::pause();
    let archive = MemoryArchive::default();
    let tasks = Tasks::start(Arc::new(archive.clone())).unwrap();
    (archive, tasks)
}

/// The next state of a task that is told.
async fn next(attachment: &mut TaskAttachment, id: TaskId) -> Arc<Task> {
    loop {
        let event = attachment.events.recv().await.unwrap();
        if let TaskEvent::Changed(task) = event.as_ref()
            && task.id == id
        {
            return Arc::clone(task);
        }
    }
}

async fn ended(tasks: &Tasks, id: TaskId) -> Arc<Task> {
    let mut attachment = tasks.attach();
    let mut task = attachment.tasks.iter().find(|task| task.id == id).cloned().unwrap();
    while !task.status.is_final() || task.completed_at.is_none() {
        task = next(&mut attachment, id).await;
    }
    task
}

fn on_disk(archive: &MemoryArchive, id: TaskId) -> Task {
    archive.tasks().unwrap().into_iter().find(|task| task.id == id).unwrap()
}

#[actix::test]
async fn a_task_is_told_from_pending_over_each_step_to_its_end() {
    let (archive, tasks) = house();
    let mut attachment = tasks.attach();
    assert!(attachment.tasks.is_empty());
    let task = tasks.submit(walk(2)).await.unwrap();
    assert_eq!(task.status, TaskStatus::Running);
    let mut seen = Vec::new();
    loop {
        let told = next(&mut attachment, task.id).await;
        seen.push((told.status, told.progress.current));
        if told.status.is_final() {
            break;
        }
    }
    let (running, completed) = (TaskStatus::Running, TaskStatus::Completed);
    let expected = [(TaskStatus::Pending, 0), (running, 0), (running, 1), (running, 2), (completed, 2)];
    assert_eq!(seen, expected);
    let kept = on_disk(&archive, task.id);
    assert_eq!((kept.status, kept.result.as_deref()), (completed, Some("\"there\"")));
}

#[actix::test]
async fn every_status_is_on_disk_before_it_is_told() {
    let (archive, tasks) = house();
    let mut attachment = tasks.attach();
    let task = tasks.submit(walk(3)).await.unwrap();
    tasks.pause(task.id).await.unwrap();
    tasks.resume(task.id).await.unwrap();
    tasks.cancel(task.id).await.unwrap();
    let mut statuses = Vec::new();
    loop {
        let told = next(&mut attachment, task.id).await;
        statuses.push(told.status);
        if told.completed_at.is_some() {
            assert_eq!(on_disk(&archive, task.id), *told);
            break;
        }
    }
    use TaskStatus::{Cancelled, Paused, Pending, Running};
    assert_eq!(statuses, [Pending, Running, Paused, Running, Cancelled, Cancelled]);
}

#[actix::test]
async fn a_task_that_cannot_be_saved_is_not_taken() {
    let (archive, tasks) = house();
    archive.refuse(true);
    assert!(matches!(tasks.submit(walk(1)).await, Err(TaskError::Storage(_))));
    assert!(tasks.list().is_empty());
    archive.refuse(false);
    assert!(tasks.submit(walk(1)).await.is_ok());
}

#[actix::test]
async fn a_status_that_could_not_be_saved_is_saved_once_the_disk_takes_it() {
    let (archive, tasks) = house();
    let task = tasks.submit(walk(1)).await.unwrap();
    archive.refuse(true);
    assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Completed);
    assert_eq!(on_disk(&archive, task.id).status, TaskStatus::Running);
    archive.refuse(false);
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(on_disk(&archive, task.id).status, TaskStatus::Completed);
}

#[actix::test]
async fn a_paused_task_stands_still_and_goes_on_where_it_was() {
    let (_, tasks) = house();
    let task = tasks.submit(walk(3)).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1500)).await;
    tasks.pause(task.id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let paused = tasks.find(task.id).unwrap();
    assert_eq!((paused.status, paused.progress.current), (TaskStatus::Paused, 1));
    let resumed = Instant::now();
    tasks.resume(task.id).await.unwrap();
    assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Completed);
    assert_eq!(resumed.elapsed().as_secs(), 1, "one step had passed, one was under way");
}

#[actix::test]
async fn a_cancelled_job_does_not_wait_for_the_end_of_its_step() {
    let (_, tasks) = house();
    let task = tasks.submit(walk(1000)).await.unwrap();
    let asked = Instant::now();
    let cancelled = tasks.cancel(task.id).await.unwrap();
    assert_eq!((cancelled.status, cancelled.error.as_deref()), (TaskStatus::Cancelled, Some(CANCELLED)));
    let gone = ended(&tasks, task.id).await;
    assert_eq!((gone.status, asked.elapsed().as_millis()), (TaskStatus::Cancelled, 0));
    // Again, and too late: nothing changes.
    assert_eq!(*tasks.cancel(task.id).await.unwrap(), *gone);
}

#[actix::test]
async fn a_paused_task_can_be_cancelled() {
    let (_, tasks) = house();
    let task = tasks.submit(walk(2)).await.unwrap();
    tasks.pause(task.id).await.unwrap();
    tasks.cancel(task.id).await.unwrap();
    assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Cancelled);
}

#[actix::test]
async fn a_job_that_does_not_listen_is_dropped_where_it_waits() {
    let (_, tasks) = house();
    for job in [Trouble::NeverListens, Trouble::PanicsWhenDropped] {
        let task = tasks.submit(trouble(job)).await.unwrap();
        let asked = Instant::now();
        tasks.cancel(task.id).await.unwrap();
        assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Cancelled);
        assert_eq!(asked.elapsed().as_secs(), 1);
    }
    assert_eq!(tasks.submit(walk(1)).await.unwrap().status, TaskStatus::Running);
}

#[actix::test]
async fn a_panic_in_a_job_is_an_error_of_its_task_and_of_nothing_else() {
    let (_, tasks) = house();
    let bystander = tasks.submit(walk(1)).await.unwrap();
    let task = tasks.submit(trouble(Trouble::Panics)).await.unwrap();
    let told = ended(&tasks, task.id).await;
    assert_eq!((told.status, told.error.as_deref()), (TaskStatus::Error, Some("the job crashed: a loose screw")));
    assert_eq!(ended(&tasks, bystander.id).await.status, TaskStatus::Completed);
}

#[actix::test]
async fn a_job_that_fails_says_why() {
    let (_, tasks) = house();
    let task = tasks.submit(trouble(Trouble::Fails)).await.unwrap();
    let told = ended(&tasks, task.id).await;
    assert_eq!((told.status, told.error.as_deref()), (TaskStatus::Error, Some("the disk is full: make room")));
}

#[actix::test]
async fn a_blocking_job_has_a_thread_of_its_own_and_holds_nobody_up() {
    let archive = MemoryArchive::default();
    let tasks = Tasks::start(Arc::new(archive)).unwrap();
    let turns = Arc::new(AtomicU64::new(0));
    let drill = tasks.submit(new(Work::Blocking(Box::new(Drill(Arc::clone(&turns)))))).await.unwrap();
    assert!(matches!(
        tasks.pause(drill.id).await,
        Err(TaskError::Refused(TaskRefusal::Unpausable(name))) if &*name == "a job"
    ));
    let fails = tasks.submit(trouble(Trouble::Fails)).await.unwrap();
    assert_eq!(ended(&tasks, fails.id).await.status, TaskStatus::Error);
    tasks.cancel(drill.id).await.unwrap();
    assert_eq!(ended(&tasks, drill.id).await.status, TaskStatus::Cancelled);

    let blunt = Arc::new(AtomicU64::new(2_000_000));
    let drill = tasks.submit(new(Work::Blocking(Box::new(Drill(blunt))))).await.unwrap();
    assert_eq!(ended(&tasks, drill.id).await.error.as_deref(), Some("the job crashed: a blunt drill"));
}

#[actix::test]
async fn one_that_wants_to_be_alone_waits_and_is_waited_for() {
    let (_, tasks) = house();
    let first = tasks.submit(walk(2)).await.unwrap();
    let alone = tasks.submit(NewTask { company: Company::Alone, ..walk(2) }).await.unwrap();
    let last = tasks.submit(walk(1)).await.unwrap();
    assert_eq!((alone.status, last.status), (TaskStatus::Pending, TaskStatus::Pending));
    ended(&tasks, first.id).await;
    ended(&tasks, alone.id).await;
    assert_eq!(ended(&tasks, last.id).await.status, TaskStatus::Completed);
}

#[actix::test]
async fn a_fresh_manager_takes_up_the_list_and_the_jobs_at_work() {
    let (_, tasks) = house();
    let first = tasks.submit(NewTask { company: Company::Alone, ..walk(3) }).await.unwrap();
    let second = tasks.submit(walk(1)).await.unwrap();
    let mut attachment = tasks.attach();
    tasks.crash().await;
    assert_eq!(tasks.list().len(), 2);
    tasks.pause(first.id).await.unwrap();
    assert_eq!(next(&mut attachment, first.id).await.status, TaskStatus::Paused, "who listened still hears");
    tasks.crash().await;
    tasks.resume(first.id).await.unwrap();
    let told = ended(&tasks, first.id).await;
    assert_eq!((told.status, told.progress.current), (TaskStatus::Completed, 3));
    assert_eq!(ended(&tasks, second.id).await.status, TaskStatus::Completed);
}

#[actix::test]
async fn after_a_restart_of_the_daemon_what_had_not_ended_is_interrupted_and_what_had_is_there() {
    let (archive, tasks) = house();
    let done = tasks.submit(walk(1)).await.unwrap();
    ended(&tasks, done.id).await;
    let running = tasks.submit(NewTask { company: Company::Alone, ..walk(100) }).await.unwrap();
    let pending = tasks.submit(walk(1)).await.unwrap();
    // Not stopped in order: the process is gone.
    let after = Tasks::start(Arc::new(archive.clone())).unwrap();
    let status = |id| after.find(id).unwrap().status;
    assert_eq!(status(done.id), TaskStatus::Completed);
    for id in [running.id, pending.id] {
        let task = after.find(id).unwrap();
        assert_eq!((task.status, task.error.as_deref()), (TaskStatus::Interrupted, Some(INTERRUPTED)));
        assert_eq!(on_disk(&archive, id).status, TaskStatus::Interrupted);
    }
    assert!(after.list().is_sorted_by_key(|task| task.created_at));
    after.clean_up(done.id).await.unwrap();
    assert!(archive.tasks().unwrap().iter().all(|task| task.id != done.id));
}

#[actix::test]
async fn stopping_interrupts_everything_in_time_and_takes_nothing_new() {
    let (archive, tasks) = house();
    let listens = tasks.submit(walk(1000)).await.unwrap();
    let deaf = tasks.submit(trouble(Trouble::NeverListens)).await.unwrap();
    let began = Instant::now();
    tasks.stop().await;
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    for id in [listens.id, deaf.id] {
        let kept = on_disk(&archive, id);
        assert_eq!((kept.status, kept.error.as_deref()), (TaskStatus::Interrupted, Some(INTERRUPTED)));
        assert!(kept.completed_at.is_some());
    }
    assert!(matches!(tasks.submit(walk(1)).await, Err(TaskError::Refused(TaskRefusal::Closing))));
}

#[actix::test]
async fn a_chatty_job_floods_nobody_and_its_last_word_is_told() {
    struct Chatter;
    #[async_trait(?Send)]
    impl Job for Chatter {
        async fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
            (1..=100_000).for_each(|n| steps.report(n, 0, "still talking"));
            Ok(None)
        }
    }
    let (_, tasks) = house();
    let mut attachment = tasks.attach();
    let task = tasks.submit(new(Work::Waiting(Box::new(Chatter)))).await.unwrap();
    let mut told = 0;
    let last = loop {
        let task = next(&mut attachment, task.id).await;
        told += 1;
        if task.status.is_final() {
            break task;
        }
    };
    assert!(told < 10, "{told}");
    assert_eq!(last.progress.message, "still talking");
}

#[actix::test]
async fn a_job_that_cannot_go_on_is_paused_with_its_reason_until_somebody_resumes_it() {
    let (archive, tasks) = house();
    let task = tasks.submit(new(Work::Waiting(Box::new(Helpless(3))))).await.unwrap();
    let mut attachment = tasks.attach();
    for time in 1..=3 {
        let mut told = tasks.find(task.id).unwrap();
        // A fresh manager tells once more what was: only this time's words count.
        while told.status != TaskStatus::Paused || told.progress.message != format!("help {time}") {
            told = next(&mut attachment, task.id).await;
        }
        assert_eq!(on_disk(&archive, task.id).status, TaskStatus::Paused);
        if time == 2 {
            tasks.crash().await;
        }
        // It may stand still again before the answer is here: that it went on shows in what it says then.
        tasks.resume(task.id).await.unwrap();
    }
    assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Completed);
}

#[actix::test]
async fn a_job_that_waits_for_help_can_be_cancelled() {
    let (_, tasks) = house();
    let task = tasks.submit(new(Work::Waiting(Box::new(Helpless(1))))).await.unwrap();
    let mut attachment = tasks.attach();
    while tasks.find(task.id).unwrap().status != TaskStatus::Paused {
        next(&mut attachment, task.id).await;
    }
    tasks.cancel(task.id).await.unwrap();
    assert_eq!(ended(&tasks, task.id).await.status, TaskStatus::Cancelled);
}
