//! Jobs that show how tasks behave. Clients of the OpenScan protocol know them by these names and parameters.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use hearth_actors::tasks::job::{BlockingJob, Job, JobError, Steps, Work};

use super::Hands;
use super::call::Call;

/// Parts that a job which only takes time tells.
const PARTS: u32 = 10;
const MESSAGE_CHARS_MAX: usize = 1000;

type Done = Result<Option<Arc<str>>, JobError>;

/// `generator_task(total_steps, interval)`: tells each step.
pub(super) fn generator(call: &mut Call<'_>, _: &Arc<Hands>) -> Work {
    let walk = Walk { total: call.steps("total_steps", 10), pause: call.seconds("interval", 1.0), words: "Step" };
    Work::Waiting(Box::new(walk))
}

/// `hello_world_async_task(total_steps, delay)`: greets at each step.
pub(super) fn hello_waiting(call: &mut Call<'_>, _: &Arc<Hands>) -> Work {
    let walk = Walk { total: call.steps("total_steps", 5), pause: call.seconds("delay", 1.0), words: "Hello, world" };
    Work::Waiting(Box::new(walk))
}

/// `hello_world_blocking_task(duration)`: keeps a thread busy.
pub(super) fn hello_blocking(call: &mut Call<'_>, _: &Arc<Hands>) -> Work {
    Work::Blocking(Box::new(Sit { time: call.seconds("duration", 5.0) }))
}

/// `exclusive_demo_task(duration)`: wants to be alone.
pub(super) fn exclusive(call: &mut Call<'_>, _: &Arc<Hands>) -> Work {
    let pause = call.seconds("duration", 5.0) / PARTS;
    Work::Waiting(Box::new(Walk { total: PARTS.into(), pause, words: "Alone, part" }))
}

/// `failing_task(error_message)`: fails.
pub(super) fn failing(call: &mut Call<'_>, _: &Arc<Hands>) -> Work {
    let message = call.words("error_message", MESSAGE_CHARS_MAX);
    Work::Waiting(Box::new(Fail(message.unwrap_or_else(|| "it was asked to fail".to_owned()))))
}

/// Lets time pass before each step, and tells each.
struct Walk {
    total: u64,
    pause: Duration,
    words: &'static str,
}

#[async_trait(?Send)]
impl Job for Walk {
    async fn run(self: Box<Self>, mut steps: Steps) -> Done {
        let Self { total, pause, words } = *self;
        for step in 1..=total {
            steps.sleep(pause).await?;
            steps.report(step, total, format!("{words} {step} of {total}"));
            // Others who share the thread have their turn, and each step is told, also without a pause.
            tokio::task::yield_now().await;
        }
        Ok(Some(format!("\"{total} steps done\"").into()))
    }
}

/// Keeps its thread for so long.
struct Sit {
    time: Duration,
}

impl BlockingJob for Sit {
    fn run(self: Box<Self>, steps: Steps) -> Done {
        for part in 1..=PARTS {
            steps.block(self.time / PARTS)?;
            steps.report(part.into(), PARTS.into(), format!("Hello, world {part} of {PARTS}"));
        }
        Ok(Some("\"Hello, world\"".into()))
    }
}

struct Fail(String);

#[async_trait(?Send)]
impl Job for Fail {
    async fn run(self: Box<Self>, _: Steps) -> Done {
        Err(JobError::Failed(self.0))
    }
}
