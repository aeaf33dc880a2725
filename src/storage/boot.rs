//! How often the daemon was started, and whether the last run ended in order. Sequence numbers are made from the count, so it must
//! never run backwards.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use hearth_actors::archive::{ArchiveError, LastRun};
use hearth_actors::model::ids::MachineId;

use super::disk::Disk;
use super::durable::failed;
use super::layout::{BOOT, RUNNING};

/// Counts this start, durably.
///
/// # Errors
/// When the disk refuses, or the counter and its copy are both unreadable; the message says how to mend it.
pub fn count(disk: &Disk, data: &Path) -> Result<u64, ArchiveError> {
    let next = last(data)?.map_or(1, |last| last.saturating_add(1));
    disk.write_needed(&data.join(BOOT), next.to_string().as_bytes())?;
    // The copy is written last: should one be garbled, the other is at most one start behind.
    disk.write_needed(&copy(data), next.to_string().as_bytes())?;
    Ok(next)
}

/// The number of the last start; `None` before the first one.
///
/// # Errors
/// As [`count`].
pub fn last(data: &Path) -> Result<Option<u64>, ArchiveError> {
    let paths = [data.join(BOOT), copy(data)];
    let mut garbled = None;
    let mut numbers = Vec::new();
    for path in &paths {
        match fs::read(path) {
            Ok(bytes) => match std::str::from_utf8(&bytes).ok().and_then(|text| text.trim().parse::<u64>().ok()) {
                Some(number) => numbers.push(number),
                None => garbled = Some(path),
            },
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed("reading", path)(e)),
        }
    }
    match (numbers.into_iter().max(), garbled) {
        (Some(number), None) => Ok(Some(number)),
        (Some(number), Some(path)) => {
            tracing::warn!(file = %path.display(), "the start counter is garbled: its copy is used");
            Ok(Some(number.saturating_add(1)))
        }
        (None, None) => Ok(None),
        (None, Some(path)) => Err(ArchiveError::Damaged {
            what: path.display().to_string(),
            why: "it does not hold a number; write one into it that is higher than the number of all starts so far, \
                  such as 1000000"
                .to_owned(),
        }),
    }
}

/// Takes over a count, if it is higher than the present one.
///
/// # Errors
/// As [`count`].
pub fn raise_to(disk: &Disk, data: &Path, number: u64) -> Result<(), ArchiveError> {
    let number = last(data)?.unwrap_or(0).max(number);
    disk.write_file(&data.join(BOOT), number.to_string().as_bytes())?;
    disk.write_file(&copy(data), number.to_string().as_bytes())
}

/// Notes, durably, that outputs may be in use from now on; tells how the run before ended.
///
/// # Errors
/// When the disk refuses.
pub fn open_run(disk: &Disk, data: &Path) -> Result<LastRun, ArchiveError> {
    let note = data.join(RUNNING);
    let last = match fs::read(&note) {
        // A note that is garbled or empty names nobody: all are meant.
        Ok(bytes) => named(&bytes).map_or(LastRun::Cut, LastRun::Orderly),
        Err(e) if e.kind() == io::ErrorKind::NotFound => LastRun::Orderly(BTreeSet::new()),
        Err(e) => return Err(failed("reading", &note)(e)),
    };
    disk.write_needed(&note, b"")?;
    Ok(last)
}

fn named(bytes: &[u8]) -> Option<BTreeSet<MachineId>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let machines: BTreeSet<_> = text.lines().map(|line| MachineId::parse(line).ok()).collect::<Option<_>>()?;
    (!machines.is_empty()).then_some(machines)
}

/// Notes that every output has been brought to safety, but for those of some machines.
///
/// # Errors
/// When the disk refuses.
pub fn close_run(disk: &Disk, data: &Path, but: &BTreeSet<MachineId>) -> Result<(), ArchiveError> {
    let note = data.join(RUNNING);
    if !but.is_empty() {
        let lines: Vec<&str> = but.iter().map(MachineId::as_str).collect();
        return disk.write_needed(&note, lines.join("\n").as_bytes());
    }
    match disk.remove_file(&note) {
        Ok(()) => disk.sync_parent(&note),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(failed("removing", &note)(e)),
    }
}

fn copy(data: &Path) -> std::path::PathBuf {
    data.join(format!("{BOOT}.before"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_is_one_higher() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!((1..=3).map(|_| count(&Disk::default(), dir.path()).unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_garbled_counter_never_runs_backwards() {
        for name in ["boot", "boot.before"] {
            let dir = tempfile::tempdir().unwrap();
            for _ in 0..5 {
                count(&Disk::default(), dir.path()).unwrap();
            }
            fs::write(dir.path().join(name), b"\0\0\0").unwrap();
            assert!(count(&Disk::default(), dir.path()).unwrap() > 5, "{name}");
        }
    }

    #[test]
    fn a_run_that_was_not_closed_was_cut() {
        let dir = tempfile::tempdir().unwrap();
        let nobody = BTreeSet::new();
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Orderly(nobody.clone()));
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Cut);
        close_run(&Disk::default(), dir.path(), &nobody).unwrap();
        close_run(&Disk::default(), dir.path(), &nobody).unwrap();
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Orderly(nobody));
        let away = BTreeSet::from([MachineId::parse("kettle").unwrap()]);
        close_run(&Disk::default(), dir.path(), &away).unwrap();
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Orderly(away));
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Cut);
        fs::write(dir.path().join(RUNNING), b"\xff kettle?").unwrap();
        assert_eq!(open_run(&Disk::default(), dir.path()).unwrap(), LastRun::Cut, "a garbled note means all");
    }

    #[test]
    fn a_counter_garbled_twice_says_how_to_mend_it() {
        let dir = tempfile::tempdir().unwrap();
        count(&Disk::default(), dir.path()).unwrap();
        fs::write(dir.path().join("boot"), b"").unwrap();
        fs::write(dir.path().join("boot.before"), b"x").unwrap();
        let error = count(&Disk::default(), dir.path()).unwrap_err().to_string();
        assert!(error.contains("write one into it"), "{error}");
        fs::write(dir.path().join("boot"), b"1000000\n").unwrap();
        assert!(count(&Disk::default(), dir.path()).unwrap() > 1_000_000);
    }
}
