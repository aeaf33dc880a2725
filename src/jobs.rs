//! The only list of jobs: what can be asked for by name, with which arguments, and what then does the work.
//!
//! Arguments come as in Python, by position or by keyword; all that is wrong with them is told at once.

mod album;
mod backup;
mod call;
pub mod claims;
mod demo;
mod hand;
pub mod modbus_scan;
mod profiles;
pub mod program;
mod replay;
mod scan;

use std::path::PathBuf;
use std::sync::Arc;

use hearth_actors::archive::Archive;
use hearth_actors::model::action::Action;
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::profile::Profile;
use hearth_actors::model::task::{Company, TaskId};
use hearth_actors::system::House;
use hearth_actors::tasks::NewTask;
use hearth_actors::tasks::job::Work;
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::config::faults::Faults;
use crate::storage::disk::Disk;
use crate::storage::watch::StorageState;
use crate::wire::fields::{FieldFault, Fields, shortened, text};
use crate::wire::storage::StorageView;
use call::{Call, Called, Origin};
use claims::Claims;
use modbus_scan::OpenRegisters;

/// Longest arguments, written as JSON. Unit: bytes.
const ARGUMENTS_BYTES_MAX: usize = 64 << 10;
const MACHINE_CHARS_MAX: usize = 64;
const PROJECT_CHARS_MAX: usize = 200;

/// What jobs work with.
pub struct Hands {
    /// The door to the disk.
    pub disk: Disk,
    /// How it is.
    pub storage: watch::Receiver<StorageState>,
    /// The data directory.
    pub data: PathBuf,
    /// What is kept in it.
    pub archive: Arc<dyn Archive>,
    /// Writes a profile as a file.
    pub export: fn(&Profile) -> String,
    /// Reads a profile from a file, under a fresh id.
    pub import: fn(&[u8]) -> Result<Profile, Faults>,
    /// The machines.
    pub house: House,
    /// The way to a device on Modbus that no machine is made for yet.
    pub registers: OpenRegisters,
    /// Which machines a job steers.
    pub claims: Claims,
}

/// A job that can be asked for.
struct Job {
    name: &'static str,
    /// What it is to ask for it.
    action: Action,
    company: Company,
    /// Reads the arguments; what it makes of faulty ones is never used.
    make: fn(&mut Call<'_>, &Arc<Hands>) -> Work,
}

const JOBS: [Job; 12] = [
    Job { name: "backup", action: Action::BackUp, company: Company::Shared, make: backup::backup },
    Job { name: "export_profiles", action: Action::ExchangeInBulk, company: Company::Shared, make: profiles::export },
    Job { name: "import_profiles", action: Action::ExchangeInBulk, company: Company::Shared, make: profiles::import },
    Job { name: "program", action: Action::StartTask, company: Company::Shared, make: program::program },
    Job { name: "replay", action: Action::StartTask, company: Company::Shared, make: replay::replay },
    Job { name: scan::NAME, action: Action::StartTask, company: Company::Shared, make: scan::scan },
    Job {
        name: "modbus_scan",
        action: Action::SearchDevices,
        company: Company::Shared,
        make: modbus_scan::modbus_scan,
    },
    Job { name: "generator_task", action: Action::StartTask, company: Company::Shared, make: demo::generator },
    Job {
        name: "hello_world_async_task",
        action: Action::StartTask,
        company: Company::Shared,
        make: demo::hello_waiting,
    },
    Job {
        name: "hello_world_blocking_task",
        action: Action::StartTask,
        company: Company::Shared,
        make: demo::hello_blocking,
    },
    Job { name: "exclusive_demo_task", action: Action::StartTask, company: Company::Alone, make: demo::exclusive },
    Job { name: "failing_task", action: Action::StartTask, company: Company::Shared, make: demo::failing },
];

/// Why no task can be made.
#[derive(Debug, thiserror::Error)]
pub enum JobFault {
    /// No job has this name.
    #[error("there is no job `{0}`: there are {known}", known = names().join(", "))]
    Unknown(String),
    /// The body cannot be taken.
    #[error(transparent)]
    Invalid(#[from] Faults),
}

/// Makes tasks of names and arguments. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    hands: Arc<Hands>,
}

/// The names of all jobs.
pub fn names() -> Vec<&'static str> {
    JOBS.iter().map(|job| job.name).collect()
}

/// What it is to ask for a job; of one that is not there, what it is for most.
pub fn action(name: &str) -> Action {
    JOBS.iter().find(|job| job.name == name).map_or(Action::StartTask, |job| job.action)
}

impl Jobs {
    /// Jobs that work with these. What jobs of an earlier run of the daemon left undone is cleared away first.
    pub fn new(hands: Hands) -> Self {
        scan::tidy(&hands.disk, &hands.data, &hands.house.tasks().list());
        Self { hands: Arc::new(hands) }
    }

    /// How the storage is.
    pub fn storage(&self) -> StorageView {
        self.hands.storage.borrow().view()
    }

    /// A picture that the task `scan` kept, with its media type; `None` where there is none. Reads the disk.
    pub fn picture(&self, task: TaskId, number: u16) -> Option<(Vec<u8>, &'static str)> {
        album::picture(&self.hands.data, task, number)
    }

    /// Makes a task for nobody in particular: [`Jobs::make_for`].
    ///
    /// # Errors
    /// When no job has this name, or every fault of the body.
    pub fn make(&self, name: &str, body: &Value) -> Result<NewTask, JobFault> {
        self.make_for(Principal::everywhere(Actor::Rest, UserRole::Operator), name, body)
    }

    /// Makes a task for somebody of a job's name and a body with `args`, `kwargs`, `machine_id` and `project`, all of which may be absent.
    ///
    /// # Errors
    /// When no job has this name, or every fault of the body.
    pub fn make_for(&self, asker: Principal, name: &str, body: &Value) -> Result<NewTask, JobFault> {
        let unknown = || JobFault::Unknown(shortened(name));
        let job = JOBS.iter().find(|job| job.name == name).ok_or_else(unknown)?;
        let mut faults = Faults::new();
        let fields = Fields::of(body, "").map_err(one)?;
        let machine = noted(&mut faults, fields.may("machine_id", machine_id)).flatten();
        let project = noted(&mut faults, fields.may("project", text(PROJECT_CHARS_MAX))).flatten();
        let mut call = Call::read(&fields, Origin { asker, machine }, &mut faults);
        let work = (job.make)(&mut call, &self.hands);
        let Called { args, kwargs, machine } = call.finish();
        let arguments = json!({ "args": args, "kwargs": kwargs }).to_string();
        if arguments.len() > ARGUMENTS_BYTES_MAX {
            let bytes = arguments.len();
            faults.add("", format!("its arguments take {bytes} bytes: at most {ARGUMENTS_BYTES_MAX} are taken"));
        }
        faults
            .unless_any(NewTask {
                name: job.name.into(),
                company: job.company,
                machine,
                project: project.map(Into::into),
                arguments: arguments.into(),
                work,
            })
            .map_err(JobFault::Invalid)
    }
}

fn machine_id(value: &Value) -> Result<MachineId, String> {
    MachineId::parse(text(MACHINE_CHARS_MAX)(value)?).map_err(|bad| format!("cannot be: {bad}"))
}

fn noted<T>(faults: &mut Faults, read: Result<T, FieldFault>) -> Option<T> {
    read.map_err(|fault| faults.add(fault.pointer, fault.detail)).ok()
}

fn one(fault: FieldFault) -> JobFault {
    let mut faults = Faults::new();
    faults.add(fault.pointer, fault.detail);
    JobFault::Invalid(faults)
}

#[cfg(test)]
mod tests;
