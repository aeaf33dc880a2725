//! Which channel has which endpoint id: one line each behind a first line that says how many there are. A line that cannot be read
//! costs its own channel its number and no other.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use hearth_actors::archive::ArchiveError;
use hearth_actors::logic::addresses::{Addresses, Owner};
use hearth_actors::model::ids::{ChannelId, EndpointId, MachineId};
use serde::{Deserialize, Serialize};

use super::disk::Disk;
use super::durable::failed;
use super::layout::{ADDRESSES, DAMAGED};

/// How far fresh numbers stay away from those that were given when some were lost: they may still stand on people's pages.
const GAP_BEHIND_LOST: u32 = 10_000;

#[derive(Debug, Serialize, Deserialize)]
struct HeadRecord {
    next: u32,
    count: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    spent: Vec<u32>,
}

#[derive(Debug, Serialize, Deserialize)]
struct AddressRecord {
    endpoint_id: u32,
    machine: String,
    channel: String,
}

/// What a file says, and what is wrong with it.
struct Found {
    addresses: Addresses,
    damage: Option<String>,
}

/// All numbers that were given. What is damaged is told and set aside, what can be read of it is kept: no start fails for it.
pub fn load(disk: &Disk, data: &Path) -> Addresses {
    let path = data.join(ADDRESSES);
    let Found { addresses, damage } = read(&path);
    if let Some(why) = damage {
        let aside = aside(&path);
        let count = addresses.iter().count();
        tracing::error!(file = %path.display(), why, kept = count, "endpoint ids are damaged: set aside, the rest is kept");
        let read = fs::read(&path).map_err(failed("setting aside", &path));
        let mended = read.and_then(|bytes| disk.write_file(&aside, &bytes));
        if let Err(error) = mended.and_then(|()| put(disk, data, &addresses)) {
            tracing::error!(%error, "the damaged endpoint ids could not be set aside");
        }
    }
    addresses
}

/// Keeps them, durably.
///
/// # Errors
/// When the disk refuses; what was kept before is then still there.
pub fn put(disk: &Disk, data: &Path, addresses: &Addresses) -> Result<(), ArchiveError> {
    let path = data.join(ADDRESSES);
    let spent = addresses.spent().map(|endpoint| endpoint.0).collect();
    let head = HeadRecord { next: addresses.next().0, count: addresses.iter().count(), spent };
    let mut text = line(&head, &path)?;
    for (endpoint, Owner { machine, channel }) in addresses.iter() {
        let (machine, channel) = (machine.to_string(), channel.to_string());
        text.push_str(&line(&AddressRecord { endpoint_id: endpoint.0, machine, channel }, &path)?);
    }
    disk.write_file(&path, text.as_bytes())
}

/// Keeps every number that was ever given in `old` from being given in `new`: who knows one must not meet another device.
///
/// # Errors
/// When the disk refuses.
pub fn raise_over(disk: &Disk, new: &Path, old: &Path) -> Result<(), ArchiveError> {
    let old = read(&old.join(ADDRESSES)).addresses;
    let before = load(disk, new);
    let mut addresses = before.clone();
    addresses.begin_at(old.next());
    addresses.spare(old.spent().chain(old.iter().map(|(endpoint, _)| endpoint)));
    if addresses == before { Ok(()) } else { put(disk, new, &addresses) }
}

fn line(record: &impl Serialize, path: &Path) -> Result<String, ArchiveError> {
    serde_json::to_string(record).map(|json| json + "\n").map_err(|e| failed("writing", path)(e.into()))
}

fn read(path: &Path) -> Found {
    match fs::read(path) {
        Ok(bytes) => understand(&bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Found { addresses: Addresses::default(), damage: None },
        Err(e) => Found { addresses: far_from_lost(Addresses::default()), damage: Some(e.to_string()) },
    }
}

fn understand(bytes: &[u8]) -> Found {
    let mut addresses = Addresses::default();
    let mut lines = bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).peekable();
    let head = lines.peek().and_then(|line| serde_json::from_slice::<HeadRecord>(line).ok());
    if head.is_some() {
        lines.next();
    }
    let lost =
        lines.filter(|line| !owned(line).is_some_and(|(endpoint, owner)| addresses.recall(endpoint, owner))).count();
    let count = addresses.iter().count();
    let damage = match &head {
        None => Some("its first line cannot be read".to_owned()),
        Some(head) if head.count != count || lost > 0 => Some(format!("{count} of {} lines can be read", head.count)),
        Some(_) => None,
    };
    if let Some(HeadRecord { next, spent, .. }) = head {
        addresses.begin_at(EndpointId(next));
        addresses.spare(spent.into_iter().map(EndpointId));
    }
    Found { addresses: if damage.is_some() { far_from_lost(addresses) } else { addresses }, damage }
}

fn owned(line: &[u8]) -> Option<(EndpointId, Owner)> {
    let record: AddressRecord = serde_json::from_slice(line).ok()?;
    let owner =
        Owner { machine: MachineId::parse(&record.machine).ok()?, channel: ChannelId::parse(&record.channel).ok()? };
    Some((EndpointId(record.endpoint_id), owner))
}

/// Fresh numbers begin far behind all that are known.
fn far_from_lost(mut addresses: Addresses) -> Addresses {
    let last = addresses.iter().last().map_or(0, |(endpoint, _)| endpoint.0);
    let beyond = addresses.next().0.max(last.saturating_add(1));
    addresses.begin_at(EndpointId(beyond.saturating_add(GAP_BEHIND_LOST)));
    addresses
}

fn aside(path: &Path) -> PathBuf {
    path.with_extension(format!("jsonl.{DAMAGED}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hearth_actors::logic::addresses::Request;

    fn request(machine: &str, channels: &[&str]) -> Request {
        let channels = channels.iter().map(|id| (ChannelId::parse(id).unwrap(), None));
        Request { machine: MachineId::parse(machine).unwrap(), channels: channels.collect() }
    }

    fn numbers(addresses: &mut Addresses, machine: &str, channels: &[&str]) -> Vec<u32> {
        let answer = addresses.assign(&[request(machine, channels)]).remove(0);
        answer.unwrap().iter().map(|endpoint| endpoint.0).collect()
    }

    /// A directory in which `a.x`, `a.y` and `b.x` have the numbers 1000 to 1002.
    fn directory() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        let mut addresses = load(&Disk::default(), dir.path());
        assert_eq!(numbers(&mut addresses, "a", &["x", "y"]), [1000, 1001]);
        assert_eq!(numbers(&mut addresses, "b", &["x"]), [1002]);
        put(&Disk::default(), dir.path(), &addresses).unwrap();
        dir
    }

    fn file(dir: &Path) -> PathBuf {
        dir.join("endpoints.jsonl")
    }

    fn garbled(dir: &Path, change: impl FnOnce(String) -> Vec<u8>) -> Addresses {
        let whole = fs::read_to_string(file(dir)).unwrap();
        let bytes = change(whole);
        fs::write(file(dir), &bytes).unwrap();
        let addresses = load(&Disk::default(), dir);
        assert_eq!(fs::read(dir.join("endpoints.jsonl.damaged")).unwrap(), bytes, "kept for whoever wants to look");
        assert!(read(&file(dir)).damage.is_none(), "what is there now is sound");
        addresses
    }

    #[test]
    fn numbers_read_back_as_put() {
        let dir = directory();
        let mut addresses = load(&Disk::default(), dir.path());
        assert_eq!(numbers(&mut addresses, "b", &["x", "new"]), [1002, 1003]);
        assert_eq!(numbers(&mut addresses, "a", &["y", "x"]), [1001, 1000]);
        assert!(!dir.path().join("endpoints.jsonl.damaged").exists());
    }

    #[test]
    fn what_was_given_up_stays_so_over_a_restart() {
        let dir = directory();
        let mut addresses = load(&Disk::default(), dir.path());
        let written = |number: u32| Request {
            machine: MachineId::parse("c").unwrap(),
            channels: vec![(ChannelId::parse("z").unwrap(), Some(EndpointId(number)))],
        };
        for number in [1004, 7] {
            assert!(addresses.assign(&[written(number)])[0].is_ok());
        }
        put(&Disk::default(), dir.path(), &addresses).unwrap();
        let mut again = load(&Disk::default(), dir.path());
        assert_eq!(again, addresses);
        assert_eq!(numbers(&mut again, "d", &["p", "q"]), [1003, 1005]);
    }

    #[test]
    fn a_garbled_line_costs_one_number_and_nobody_else_gets_it() {
        let dir = directory();
        let mut addresses = garbled(dir.path(), |text| text.replace("\"y\"", "\"\u{0}\"").into_bytes());
        assert_eq!(numbers(&mut addresses, "b", &["x"]), [1002]);
        assert_eq!(numbers(&mut addresses, "c", &["z"]), [11_003], "far from what was lost");
        assert_eq!(numbers(&mut addresses, "a", &["x", "y"]), [1000, 11_004]);
    }

    #[test]
    fn a_cut_file_keeps_what_stands_before_the_cut() {
        let dir = directory();
        let mut addresses = garbled(dir.path(), |text| text.as_bytes()[..text.len() - 30].to_vec());
        assert_eq!(numbers(&mut addresses, "a", &["x", "y"]), [1000, 1001]);
        let cut_between_lines = directory();
        let upto = |text: String| text.lines().take(3).map(|line| format!("{line}\n")).collect::<String>().into_bytes();
        let mut addresses = garbled(cut_between_lines.path(), upto);
        assert_eq!(numbers(&mut addresses, "b", &["x"]), [11_003]);
    }

    #[test]
    fn noise_and_a_number_that_stands_twice_keep_nothing_from_starting() {
        for noise in [vec![0xff; 40], Vec::new(), b"{}\n[]\n7\n".to_vec()] {
            let dir = directory();
            let mut addresses = garbled(dir.path(), |_| noise);
            assert_eq!(numbers(&mut addresses, "a", &["x"]), [11_000]);
        }
        let dir = directory();
        let mut addresses = garbled(dir.path(), |text| text.replace("1001", "1000").into_bytes());
        assert_eq!(numbers(&mut addresses, "a", &["x"]), [1000], "the first one has it");
    }

    #[test]
    fn fresh_numbers_begin_behind_those_of_the_directory_before() {
        let (old, new) = (directory(), tempfile::tempdir().unwrap());
        raise_over(&Disk::default(), new.path(), old.path()).unwrap();
        assert_eq!(numbers(&mut load(&Disk::default(), new.path()), "c", &["z"]), [1003]);
        raise_over(&Disk::default(), old.path(), tempfile::tempdir().unwrap().path()).unwrap();
        assert_eq!(numbers(&mut load(&Disk::default(), old.path()), "b", &["x"]), [1002]);
    }

    #[test]
    fn a_number_that_was_given_up_before_or_after_a_backup_is_given_to_nobody_after_it_is_restored() {
        let (old, new) = (directory(), directory());
        let written = |endpoint: u32| Request {
            machine: MachineId::parse("c").unwrap(),
            channels: vec![(ChannelId::parse("z").unwrap(), Some(EndpointId(endpoint)))],
        };
        for (dir, given_up) in [(&new, [1005, 1006]), (&old, [1003, 1004])] {
            let mut addresses = load(&Disk::default(), dir.path());
            for endpoint in given_up {
                assert!(addresses.assign(&[written(endpoint)])[0].is_ok());
            }
            put(&Disk::default(), dir.path(), &addresses).unwrap();
        }
        raise_over(&Disk::default(), new.path(), old.path()).unwrap();
        let mut restored = load(&Disk::default(), new.path());
        assert_eq!(numbers(&mut restored, "d", &["p", "q"]), [1007, 1008]);
        assert_eq!(numbers(&mut restored, "c", &["z"]), [1006], "it has what the backup says");
        assert_eq!(numbers(&mut restored, "b", &["x"]), [1002]);
    }

    #[test]
    fn fresh_numbers_stay_far_from_those_that_were_lost_in_the_directory_before() {
        let (old, new) = (directory(), tempfile::tempdir().unwrap());
        fs::write(file(old.path()), "{}").unwrap();
        raise_over(&Disk::default(), new.path(), old.path()).unwrap();
        assert_eq!(numbers(&mut load(&Disk::default(), new.path()), "c", &["z"]), [11_000]);
    }
}
