//! How often the daemon was started. Sequence numbers are made from it, so it must never run backwards.

use std::fs;
use std::io;
use std::path::Path;

use hearth_actors::archive::ArchiveError;

use super::durable::{failed, write_file};
use super::layout::BOOT;

/// Counts this start, durably.
///
/// # Errors
/// When the disk refuses, or the counter and its copy are both unreadable; the message says how to mend it.
pub fn count(data: &Path) -> Result<u64, ArchiveError> {
    let next = last(data)?.map_or(1, |last| last.saturating_add(1));
    write_file(&data.join(BOOT), next.to_string().as_bytes())?;
    // The copy is written last: should one be garbled, the other is at most one start behind.
    write_file(&copy(data), next.to_string().as_bytes())?;
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
pub fn raise_to(data: &Path, number: u64) -> Result<(), ArchiveError> {
    let number = last(data)?.unwrap_or(0).max(number);
    write_file(&data.join(BOOT), number.to_string().as_bytes())?;
    write_file(&copy(data), number.to_string().as_bytes())
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
        assert_eq!((1..=3).map(|_| count(dir.path()).unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    }

    #[test]
    fn a_garbled_counter_never_runs_backwards() {
        for name in ["boot", "boot.before"] {
            let dir = tempfile::tempdir().unwrap();
            for _ in 0..5 {
                count(dir.path()).unwrap();
            }
            fs::write(dir.path().join(name), b"\0\0\0").unwrap();
            assert!(count(dir.path()).unwrap() > 5, "{name}");
        }
    }

    #[test]
    fn a_counter_garbled_twice_says_how_to_mend_it() {
        let dir = tempfile::tempdir().unwrap();
        count(dir.path()).unwrap();
        fs::write(dir.path().join("boot"), b"").unwrap();
        fs::write(dir.path().join("boot.before"), b"x").unwrap();
        let error = count(dir.path()).unwrap_err().to_string();
        assert!(error.contains("write one into it"), "{error}");
        fs::write(dir.path().join("boot"), b"1000000\n").unwrap();
        assert!(count(dir.path()).unwrap() > 1_000_000);
    }
}
