//! `program(machine_id, steps, name)`: sets, ramps, holds, waits and asks on a machine, through the gate like anybody.
//!
//! What it cannot do it does not force: it pauses and says why. While it is paused its outputs stay as they are, under the
//! machine's own rules. One that ends before its last step brings the heat that it ordered to its fail-safe value.

pub mod document;
mod runner;

use std::panic::{AssertUnwindSafe, resume_unwind};
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use hearth_actors::logic::program::Run;
use hearth_actors::model::command::Principal;
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::job::{Job, JobError, Steps, Work};
use serde_json::{Value, json};

use super::Hands;
use super::call::Call;
use super::hand::Hand;
use crate::config::faults::Faults;
use runner::Runner;

const NAME_CHARS_MAX: usize = 100;

/// `program(machine_id, steps, name)`.
pub(super) fn program(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    let machine = call.machine(&hands.house);
    let steps = call.document("steps", |value, at, faults| {
        if let Some(machine) = &machine {
            document::steps(value, at, &machine.spec().channels, faults);
        }
        value.clone()
    });
    if steps.is_none() {
        call.missing("steps", "a list of steps");
    }
    let name = call.words("name", NAME_CHARS_MAX).filter(|name| !name.trim().is_empty());
    let steps = steps.unwrap_or_default();
    Work::Waiting(Box::new(Program { hands: Arc::clone(hands), machine, steps, name, asker: call.asker() }))
}

struct Program {
    hands: Arc<Hands>,
    /// There is one, or the arguments had a fault.
    machine: Option<MachineHandle>,
    steps: Value,
    name: Option<String>,
    asker: Principal,
}

#[async_trait(?Send)]
impl Job for Program {
    async fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, machine, steps: written, name, asker } = *self;
        let machine = machine.ok_or_else(|| JobError::Failed("it was started without a machine".to_owned()))?;
        let _claim = hands.claims.claim(machine.id(), steps.task())?;
        let spec = machine.spec();
        // The machine may have changed since the program was asked for.
        let mut faults = Faults::new();
        let read = document::steps(&written, "/steps", &spec.channels, &mut faults);
        faults.unless_any(()).map_err(|faults| JobError::Failed(format!("it does not fit the machine: {faults}")))?;
        let run = Run::new(read.into(), spec.channels.clone(), spec.sampling_interval_ms);
        let named = name.unwrap_or_else(|| steps.task().to_string());
        let hand =
            Hand::new(machine.clone(), hands.house.surroundings().clone(), steps, format!("program {named}"), asker);
        let count = run.position().1;
        let began = machine.bus().clock().now();
        let mut runner = Runner::new(hand, run);
        match AssertUnwindSafe(runner.go()).catch_unwind().await {
            Ok(Ok(())) => {
                let seconds = machine.bus().clock().now().since(began) as f64 / 1000.0;
                Ok(Some(json!({ "steps": count, "seconds": seconds }).to_string().into()))
            }
            Ok(Err(why)) => {
                runner.make_safe().await;
                Err(why)
            }
            Err(panic) => {
                runner.make_safe().await;
                resume_unwind(panic)
            }
        }
    }
}
