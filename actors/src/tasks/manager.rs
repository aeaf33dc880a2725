//! The actor that orders go through, one after the other: what one of them changes is on disk and told before the next is heard.

use std::sync::Arc;
use std::time::Duration;

use actix::prelude::*;
use futures_util::stream;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::TaskError;
use super::at_work::Shared;
use super::job::{Report, Work};
use crate::logic::backoff::{Backoff, First};
use crate::logic::tasks::{Effect, Input};
use crate::model::task::Task;
use crate::runtime::clock::wall_now;

/// How often what could not be put on disk is tried again.
const KEEP_AGAIN_EVERY: Duration = Duration::from_secs(5);
/// A manager that lived so long starts the pauses before restarts anew.
const HEALTHY_AFTER: Duration = Duration::from_secs(60);
const BACKOFF_MIN_MS: u64 = 100;
const BACKOFF_MAX_MS: u64 = 30_000;
const BACKOFF_JITTER: f64 = 0.3;

/// What somebody wants of the manager.
pub(super) enum Order {
    /// Take a task.
    Take(Box<Task>, Work),
    /// Anything else.
    Step(Input),
    /// Die.
    #[cfg(any(test, feature = "testing"))]
    Crash,
}

impl Message for Order {
    type Result = Result<(), TaskError>;
}

/// The manager.
pub(super) struct Manager {
    shared: Arc<Shared>,
    /// Dropped with the manager, however it ends.
    _alive: oneshot::Sender<()>,
}

/// Starts a manager, and a fresh one whenever it ends.
pub(super) async fn keep_alive(shared: Arc<Shared>) {
    let mut backoff = Backoff::new(BACKOFF_MIN_MS, BACKOFF_MAX_MS, BACKOFF_JITTER, First::Immediate);
    loop {
        let (alive, ended) = oneshot::channel();
        let since = Instant::now();
        shared.republish(Some(Manager { shared: Arc::clone(&shared), _alive: alive }.start()));
        // Told by being dropped.
        let _ = ended.await;
        shared.republish(None);
        if since.elapsed() >= HEALTHY_AFTER {
            backoff.reset();
        }
        let pause_ms = backoff.next_ms(fastrand::f64());
        tracing::error!(pause_ms, "the task manager ended, starting a fresh one");
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

impl Manager {
    /// Carries effects out before anything else is heard.
    fn carry_out(&self, effects: Vec<Effect>, ctx: &mut Context<Self>) -> oneshot::Receiver<()> {
        let (done, carried_out) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let work = async move {
            shared.carry_out(effects).await;
            // Whoever asked may have gone.
            let _ = done.send(());
        };
        ctx.wait(work.into_actor(self));
        carried_out
    }

    /// Keeps a task before it is taken: what cannot be kept is not.
    fn take(&self, task: Task, work: Work, ctx: &mut Context<Self>) -> ResponseFuture<Result<(), TaskError>> {
        let (done, taken) = oneshot::channel();
        let shared = Arc::clone(&self.shared);
        let taking = async move {
            // Whoever asked may have gone.
            let _ = done.send(take(&shared, task, work).await);
        };
        ctx.wait(taking.into_actor(self));
        Box::pin(async move { taken.await.unwrap_or(Err(TaskError::NoAnswer)) })
    }
}

async fn take(shared: &Arc<Shared>, mut task: Task, work: Work) -> Result<(), TaskError> {
    {
        let book = shared.book();
        book.admit()?;
        task.number = book.next_number(&task);
    }
    shared.keep(task.clone()).await.map_err(TaskError::Storage)?;
    shared.prepare(task.id, work);
    let effects = shared.book().step(wall_now(), Input::Asked(task))?;
    shared.carry_out(effects).await;
    Ok(())
}

impl Actor for Manager {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        let shared = Arc::clone(&self.shared);
        ctx.add_stream(stream::unfold(shared, |shared| async move {
            let report = shared.next_report().await?;
            Some((report, shared))
        }));
        ctx.run_interval(KEEP_AGAIN_EVERY, |manager, ctx| {
            let shared = Arc::clone(&manager.shared);
            ctx.wait(async move { shared.keep_the_rest().await }.into_actor(manager));
        });
        let undone = self.shared.left_undone();
        // Nobody asked for it.
        drop(self.carry_out(undone, ctx));
    }
}

impl Handler<Order> for Manager {
    type Result = ResponseFuture<Result<(), TaskError>>;

    fn handle(&mut self, order: Order, ctx: &mut Context<Self>) -> Self::Result {
        let input = match order {
            Order::Take(task, work) => return self.take(*task, work, ctx),
            Order::Step(input) => input,
            #[cfg(any(test, feature = "testing"))]
            Order::Crash => panic!("the manager was told to crash"),
        };
        let stepped = self.shared.book().step(wall_now(), input);
        match stepped {
            Err(refusal) => Box::pin(std::future::ready(Err(refusal.into()))),
            Ok(effects) => {
                let carried_out = self.carry_out(effects, ctx);
                Box::pin(async move { carried_out.await.map_err(|_| TaskError::NoAnswer) })
            }
        }
    }
}

impl StreamHandler<Report> for Manager {
    fn handle(&mut self, report: Report, ctx: &mut Context<Self>) {
        let (Report::Progressed(id) | Report::Stuck(id, _) | Report::Ended(id, _)) = report;
        // The last news of a job come before its end.
        let mut inputs: Vec<Input> = self.shared.news(id).map(|news| Input::Progressed(id, news)).into_iter().collect();
        let paused = match report {
            Report::Progressed(_) => None,
            Report::Stuck(id, done) => {
                inputs.push(Input::Pause(id));
                Some(done)
            }
            Report::Ended(id, end) => {
                inputs.push(Input::Ended(id, end));
                None
            }
        };
        let effects = {
            let mut book = self.shared.book();
            // A report is refused only where its task has ended meanwhile.
            inputs.into_iter().flat_map(|input| book.step(wall_now(), input).unwrap_or_default()).collect()
        };
        let carried_out = self.carry_out(effects, ctx);
        if let Some(paused) = paused {
            let tell = async move {
                if carried_out.await.is_ok() {
                    // The job may have been dropped.
                    let _ = paused.send(());
                }
            };
            ctx.spawn(tell.into_actor(self));
        }
    }
}
