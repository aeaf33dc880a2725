//! Tasks: one small file each, whole or not there. They are few and none is precious: what cannot be read is set aside.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::task::{Company, Manner, Progress, Task, TaskId, TaskStatus};
use hearth_actors::model::time::WallMs;
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::durable::{failed, is_unfinished, list};
use super::layout::{DAMAGED, TASKS, parse_task_name, task_name};

/// Version of the record. One of a newer version is left alone.
const VERSION: u32 = 1;
/// A request's body fits many times. Unit: bytes.
const BYTES_MAX: u64 = 1 << 20;

#[derive(Debug, Serialize, Deserialize)]
struct TaskRecord {
    version: u32,
    id: String,
    name: String,
    exclusive: bool,
    blocking: bool,
    machine: Option<String>,
    project: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    number: Option<u32>,
    arguments: String,
    status: StatusWord,
    current: u64,
    total: u64,
    message: String,
    result: Option<String>,
    error: Option<String>,
    created_at_ms: i64,
    started_at_ms: Option<i64>,
    completed_at_ms: Option<i64>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum StatusWord {
    Pending,
    Running,
    Paused,
    Completed,
    Cancelled,
    Error,
    Interrupted,
}

/// All that is known of the version before the rest is looked at.
#[derive(Debug, Deserialize)]
struct Version {
    version: u32,
}

/// Why a file is not taken.
enum Unusable {
    Damaged(String),
    Newer(u32),
}

/// All tasks in the order in which they were asked for. What cannot be read is set aside and told.
///
/// # Errors
/// When the directory cannot be read.
pub fn all(disk: &Disk, data: &Path) -> Result<Vec<Task>, ArchiveError> {
    let mut tasks = Vec::new();
    for path in list(&data.join(TASKS))? {
        if is_unfinished(&path) {
            // Of a crash; the file itself is whole beside it, or was never told to anybody.
            let _ = disk.remove_file(&path);
            continue;
        }
        let Some(id) = id_of(&path) else {
            if path.extension().is_none_or(|ending| ending != DAMAGED) {
                tracing::warn!(file = %path.display(), "this is not a task: left alone");
            }
            continue;
        };
        match read(&path, id) {
            Ok(task) => tasks.push(task),
            Err(Unusable::Damaged(why)) => set_aside(disk, &path, &why),
            Err(Unusable::Newer(version)) => {
                tracing::warn!(file = %path.display(), version, "a task of a newer hearth: left alone");
            }
        }
    }
    tasks.sort_by_key(|task| (task.created_at, task.id));
    Ok(tasks)
}

/// The files of all tasks, with their names.
///
/// # Errors
/// When the directory cannot be read.
pub fn files(data: &Path) -> Result<Vec<(TaskId, PathBuf)>, ArchiveError> {
    Ok(list(&data.join(TASKS))?
        .into_iter()
        .filter(|path| path.is_file())
        .filter_map(|path| Some((id_of(&path)?, path)))
        .collect())
}

/// Keeps a task as it is now, durably.
///
/// # Errors
/// When the disk refuses.
pub fn put(disk: &Disk, data: &Path, task: &Task) -> Result<(), ArchiveError> {
    disk.make_dir(&data.join(TASKS))?;
    let path = path(data, task.id);
    let json = serde_json::to_vec(&TaskRecord::from(task)).map_err(|e| failed("writing", &path)(e.into()))?;
    disk.write_file(&path, &json)
}

/// Forgets a task, durably. Nothing to do where there is none.
///
/// # Errors
/// When the disk refuses.
pub fn delete(disk: &Disk, data: &Path, id: TaskId) -> Result<(), ArchiveError> {
    let path = path(data, id);
    match disk.remove_file(&path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("deleting", &path)(e)),
        Ok(()) => disk.sync_parent(&path),
    }
}

fn path(data: &Path, id: TaskId) -> PathBuf {
    data.join(TASKS).join(task_name(id))
}

fn id_of(path: &Path) -> Option<TaskId> {
    path.file_name().and_then(|name| name.to_str()).and_then(parse_task_name)
}

fn read(path: &Path, id: TaskId) -> Result<Task, Unusable> {
    let damaged = |why: &dyn std::fmt::Display| Unusable::Damaged(why.to_string());
    let mut json = Vec::new();
    File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut json)).map_err(|e| damaged(&e))?;
    let Version { version } = serde_json::from_slice(&json).map_err(|e| damaged(&e))?;
    if version > VERSION {
        return Err(Unusable::Newer(version));
    }
    let record: TaskRecord = serde_json::from_slice(&json).map_err(|e| damaged(&e))?;
    let task = Task::try_from(record).map_err(|why| damaged(&why))?;
    if task.id == id { Ok(task) } else { Err(damaged(&"it holds another task than its name says")) }
}

fn set_aside(disk: &Disk, path: &Path, why: &str) {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(DAMAGED);
    let aside = path.with_file_name(name);
    match disk.rename(path, &aside) {
        Ok(()) => tracing::error!(file = %aside.display(), why, "a task is damaged: set aside"),
        Err(error) => tracing::error!(file = %path.display(), why, %error, "a task is damaged and stays where it is"),
    }
}

impl From<&Task> for TaskRecord {
    fn from(task: &Task) -> Self {
        Self {
            version: VERSION,
            id: task.id.to_string(),
            name: task.name.to_string(),
            exclusive: task.company == Company::Alone,
            blocking: task.manner == Manner::Blocking,
            machine: task.machine.as_ref().map(ToString::to_string),
            project: task.project.as_deref().map(str::to_owned),
            number: task.number,
            arguments: task.arguments.to_string(),
            status: task.status.into(),
            current: task.progress.current,
            total: task.progress.total,
            message: task.progress.message.clone(),
            result: task.result.as_deref().map(str::to_owned),
            error: task.error.clone(),
            created_at_ms: task.created_at.0,
            started_at_ms: task.started_at.map(|at| at.0),
            completed_at_ms: task.completed_at.map(|at| at.0),
        }
    }
}

impl TryFrom<TaskRecord> for Task {
    type Error = String;

    fn try_from(record: TaskRecord) -> Result<Self, String> {
        let machine = record.machine.map(|id| MachineId::parse(&id)).transpose().map_err(|bad| bad.to_string())?;
        Ok(Self {
            id: TaskId::parse(&record.id).ok_or("its id is no UUID")?,
            name: record.name.into(),
            company: if record.exclusive { Company::Alone } else { Company::Shared },
            manner: if record.blocking { Manner::Blocking } else { Manner::Waiting },
            machine,
            project: record.project.map(Into::into),
            number: record.number,
            arguments: record.arguments.into(),
            status: record.status.into(),
            progress: Progress { current: record.current, total: record.total, message: record.message },
            result: record.result.map(Into::into),
            error: record.error,
            created_at: WallMs(record.created_at_ms),
            started_at: record.started_at_ms.map(WallMs),
            completed_at: record.completed_at_ms.map(WallMs),
        })
    }
}

impl From<TaskStatus> for StatusWord {
    fn from(status: TaskStatus) -> Self {
        match status {
            TaskStatus::Pending => Self::Pending,
            TaskStatus::Running => Self::Running,
            TaskStatus::Paused => Self::Paused,
            TaskStatus::Completed => Self::Completed,
            TaskStatus::Cancelled => Self::Cancelled,
            TaskStatus::Error => Self::Error,
            TaskStatus::Interrupted => Self::Interrupted,
        }
    }
}

impl From<StatusWord> for TaskStatus {
    fn from(word: StatusWord) -> Self {
        match word {
            StatusWord::Pending => Self::Pending,
            StatusWord::Running => Self::Running,
            StatusWord::Paused => Self::Paused,
            StatusWord::Completed => Self::Completed,
            StatusWord::Cancelled => Self::Cancelled,
            StatusWord::Error => Self::Error,
            StatusWord::Interrupted => Self::Interrupted,
        }
    }
}

#[cfg(test)]
mod tests;
