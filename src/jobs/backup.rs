//! `backup()`: writes a backup into the data directory's `backups/`, while the daemon records.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use hearth_actors::tasks::job::{BlockingJob, JobError, Steps, Work};
use serde_json::json;

use super::Hands;
use super::call::Call;
use crate::storage::backup;
use crate::storage::disk::{Disk, DiskFile};
use crate::storage::durable::{failed, list, unfinished};
use crate::storage::layout::{BACKUPS, JOURNALS};
use crate::storage::store::RECORDING_MIB_MIN;

const MIB: u64 = 1 << 20;

/// `backup()`.
pub(super) fn backup(_: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    Work::Blocking(Box::new(Backup(Arc::clone(hands))))
}

struct Backup(Arc<Hands>);

impl BlockingJob for Backup {
    fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let (disk, data) = (&self.0.disk, &self.0.data);
        let name = format!("{BACKUPS}/{}.tar", steps.task());
        let path = data.join(&name);
        let bytes = write(disk, data, &path, &steps).inspect_err(|_| {
            disk.discard(&unfinished(&path));
        })?;
        Ok(Some(json!({ "file": name, "bytes": bytes }).to_string().into()))
    }
}

fn write(disk: &Disk, data: &Path, path: &Path, steps: &Steps) -> Result<u64, JobError> {
    let told = |error: hearth_actors::archive::ArchiveError| JobError::Failed(error.to_string());
    disk.make_dir(&data.join(BACKUPS)).map_err(told)?;
    let expected = journal_bytes(data).map_err(told)?;
    enough_room(expected, disk.free_bytes(data).map_err(told)?)?;
    let unfinished = unfinished(path);
    let file = disk.create(&unfinished).map_err(failed("writing", &unfinished)).map_err(told)?;
    let mut out = Told { file, written: 0, expected, steps };
    let report = backup::backup(data, &mut out);
    // A backup that was told to stop fails where it writes.
    steps.check()?;
    report.map_err(told)?;
    let placed = out.file.sync().and_then(|()| disk.rename(&unfinished, path));
    placed.map_err(failed("writing", path)).and_then(|()| disk.sync_parent(path)).map_err(told)?;
    steps.report(out.written, out.written, "written");
    Ok(out.written)
}

/// Recordings go on meanwhile, so the room they need is left.
fn enough_room(expected: u64, free: u64) -> Result<(), JobError> {
    let needed = expected.saturating_add(RECORDING_MIB_MIN * MIB);
    if free >= needed {
        return Ok(());
    }
    let (free, needed) = (free / MIB, needed.div_ceil(MIB));
    Err(JobError::Failed(format!("only {free} MiB are free, the backup needs {needed}: make room, or remove old ones")))
}

fn journal_bytes(data: &Path) -> Result<u64, hearth_actors::archive::ArchiveError> {
    let mut bytes = 0;
    for machine in list(&data.join(JOURNALS))? {
        for journal in list(&machine)? {
            bytes += fs::metadata(&journal).map_or(0, |file| file.len());
        }
    }
    Ok(bytes)
}

/// Passes on what is written, tells how far it is, and fails when the job is to stop.
struct Told<'a> {
    file: DiskFile,
    written: u64,
    expected: u64,
    steps: &'a Steps,
}

impl Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.steps.check().map_err(|_| io::Error::other("stopped"))?;
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        // What is expected leaves out heads and small files.
        self.steps.report(self.written, self.expected.max(self.written), "writing");
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
