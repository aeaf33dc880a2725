//! Profiles in bulk: a folder of files, one per profile, out of the archive and into it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hearth_actors::archive::{ArchiveError, ProfileQuery};
use hearth_actors::model::ids::{MachineId, SessionId};
use hearth_actors::tasks::job::{BlockingJob, JobError, Steps, Work};
use serde_json::{Value, json};

use super::call::Call;
use super::{Hands, machine_id};
use crate::storage::durable::list;
use crate::storage::layout::{EXPORTS, IMPORTS};
use crate::wire::fields::text;

/// Profiles that are asked for at once.
const PAGE: usize = 200;
/// Largest file that is read. Unit: bytes.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// Refused files that are told by name.
const REFUSED_TOLD_MAX: usize = 100;
const FOLDER_CHARS_MAX: usize = 100;

/// `export_profiles(machine_id)`: all profiles, or those of one machine, into `exports/<task>/`.
pub(super) fn export(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    Work::Blocking(Box::new(Export { hands: Arc::clone(hands), machine: call.take("machine_id", machine_id) }))
}

/// `import_profiles(folder)`: every file in `imports/<folder>/`, each as a profile of its own.
pub(super) fn import(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    let folder = call.take("folder", folder_name);
    if folder.is_none() {
        call.missing("folder", "the name of a folder in imports/");
    }
    Work::Blocking(Box::new(Import { hands: Arc::clone(hands), folder: folder.unwrap_or_default() }))
}

/// A name that stays where it belongs.
fn folder_name(value: &Value) -> Result<String, String> {
    let name = text(FOLDER_CHARS_MAX)(value)?;
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(plain) {
        return Err("is no name of a folder in imports/: use letters, digits, - _ . and blanks".to_owned());
    }
    Ok(name.to_owned())
}

fn told(error: ArchiveError) -> JobError {
    JobError::Failed(error.to_string())
}

struct Export {
    hands: Arc<Hands>,
    machine: Option<MachineId>,
}

impl BlockingJob for Export {
    fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, machine } = *self;
        let folder = format!("{EXPORTS}/{}", steps.task());
        let path = hands.data.join(&folder);
        hands.disk.make_dir(&path).map_err(told)?;
        let ids = all(&hands, machine, &steps)?;
        let mut written = 0;
        for (done, id) in (1..).zip(&ids) {
            steps.check()?;
            match hands.archive.profile(*id) {
                Ok(profile) => {
                    let file = path.join(format!("{id}.json"));
                    hands.disk.write_file(&file, (hands.export)(&profile).as_bytes()).map_err(told)?;
                    written += 1;
                }
                // Deleted since it was listed.
                Err(ArchiveError::NotFound(_)) => {}
                Err(error) => return Err(told(error)),
            }
            steps.report(done, ids.len() as u64, format!("profile {done} of {}", ids.len()));
        }
        Ok(Some(json!({ "folder": folder, "profiles": written }).to_string().into()))
    }
}

fn all(hands: &Hands, machine: Option<MachineId>, steps: &Steps) -> Result<Vec<SessionId>, JobError> {
    let mut query = ProfileQuery { machine, limit: PAGE, ..ProfileQuery::default() };
    let mut ids = Vec::new();
    loop {
        steps.check()?;
        let page = hands.archive.profiles(&query).map_err(told)?;
        ids.extend(page.items.iter().map(|profile| profile.id));
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(ids),
        }
    }
}

struct Import {
    hands: Arc<Hands>,
    folder: String,
}

impl BlockingJob for Import {
    fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, folder } = *self;
        let path = hands.data.join(IMPORTS).join(&folder);
        if !path.is_dir() {
            let shown = path.display();
            return Err(JobError::Failed(format!("there is no folder {shown}: make it and put the files into it")));
        }
        let files: Vec<PathBuf> = list(&path).map_err(told)?.into_iter().filter(|file| file.is_file()).collect();
        let (mut imported, mut refused) = (0u64, Vec::new());
        for (done, file) in (1..).zip(&files) {
            steps.check()?;
            match one(&hands, file) {
                Ok(()) => imported += 1,
                Err(Unread::File(why)) => {
                    let name = file.file_name().unwrap_or_default().to_string_lossy();
                    refused.push(json!({ "file": name, "why": why }));
                }
                Err(Unread::Archive(error)) => return Err(told(error)),
            }
            steps.report(done, files.len() as u64, format!("file {done} of {}", files.len()));
        }
        if imported == 0 && !refused.is_empty() {
            let first = refused[0].to_string();
            return Err(JobError::Failed(format!("none of {} files is a profile, the first: {first}", files.len())));
        }
        let (count, told) = (refused.len(), refused.into_iter().take(REFUSED_TOLD_MAX).collect::<Vec<_>>());
        let result = json!({ "imported": imported, "refused_count": count, "refused": told });
        Ok(Some(result.to_string().into()))
    }
}

/// Why a file was not imported.
enum Unread {
    /// It is at fault.
    File(String),
    /// The archive is.
    Archive(ArchiveError),
}

fn one(hands: &Hands, file: &Path) -> Result<(), Unread> {
    let bytes = fs::metadata(file).map_or(0, |file| file.len());
    if bytes > FILE_BYTES_MAX {
        return Err(Unread::File(format!("it has {} MiB: at most {} are read", bytes >> 20, FILE_BYTES_MAX >> 20)));
    }
    let content = fs::read(file).map_err(|error| Unread::File(error.to_string()))?;
    let profile = (hands.import)(&content).map_err(|faults| Unread::File(faults.to_string().trim_end().to_owned()))?;
    hands.archive.import(&profile).map_err(Unread::Archive)
}
