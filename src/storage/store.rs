//! The archive of one data directory.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use hearth_actors::archive::{Archive, ArchiveError, Interrupted, Journal, LastRun, ProfilePage, ProfileQuery};
use hearth_actors::logic::addresses::{Addresses, Answer, Request};
use hearth_actors::logic::profile::assemble;
use hearth_actors::model::alarm::AlarmNotice;
use hearth_actors::model::ids::{MachineId, ProgramId, Seq, SessionId};
use hearth_actors::model::journal::{JournalHeader, Keep, SessionLog};
use hearth_actors::model::profile::{Annotation, Profile};
use hearth_actors::model::task::{Task, TaskId};
use tokio::sync::watch;

use super::catalogue::{Catalogue, Entry, State, locked};
use super::clock::StorageClock;
use super::disk::Disk;
use super::journal::{OpenJournal, Origin};
use super::keeper::Keeper;
use super::layout::{BALLAST, JOURNALS, JournalPlace};
use super::lock::DirLock;
use super::put::{Closing, Seal};
use super::reader::{self, Extent, Found};
use super::segment::Segment;
use super::watch::{BALLAST_BYTES, StorageState, Watch};
use super::writer::{SegmentWriter, Spot};
use super::{addresses, alarms, backup, boot, import, machines, programs, tasks};

/// Free space below which no recording begins. Source: design of durability, watermarks. Unit: MiB.
pub const RECORDING_MIB_MIN: u64 = 64;

const MIB: u64 = 1 << 20;

/// Sessions, profiles, machines and tasks on disk.
pub struct Store {
    disk: Disk,
    data: PathBuf,
    clock: Arc<dyn StorageClock>,
    catalogue: Arc<Catalogue>,
    index: Arc<Keeper>,
    watch: Watch,
    lock: Arc<DirLock>,
    /// One change of a sealed journal at a time.
    changing: Mutex<()>,
    addresses: Mutex<Addresses>,
}

impl Store {
    /// Opens a data directory, and makes it if it is missing. Journals and machines can be used when this returns; the index
    /// of profiles opens in the background.
    ///
    /// # Errors
    /// When another process uses the directory, or the disk refuses.
    pub fn open(disk: Disk, data: &Path, clock: Arc<dyn StorageClock>) -> Result<Self, ArchiveError> {
        disk.make_dir(data)?;
        let lock = Arc::new(DirLock::take(data)?);
        disk.know_ballast(&data.join(BALLAST), BALLAST_BYTES);
        disk.make_dir(&data.join(JOURNALS))?;
        let catalogue = Arc::new(Catalogue::scan(&disk, data)?);
        if let Err(error) = backup::clear_unfinished(&disk, data) {
            tracing::warn!(%error, "what is left of a backup only takes room");
        }
        let index = Arc::new(Keeper::start(disk.clone(), data, catalogue.clone())?);
        let standing = index.clone();
        let watch = Watch::start(disk.clone(), data, move || standing.standing())?;
        let addresses = Mutex::new(addresses::load(&disk, data));
        Ok(Self {
            disk,
            data: data.to_owned(),
            clock,
            catalogue,
            index,
            watch,
            lock,
            changing: Mutex::new(()),
            addresses,
        })
    }

    /// How the storage is, and word of every change.
    pub fn state(&self) -> watch::Receiver<StorageState> {
        self.watch.state()
    }

    fn open_journal(&self, writer: SegmentWriter, last_seq: Option<Seq>, origin: Origin) -> Box<dyn Journal> {
        let (catalogue, index, lock) = (self.catalogue.clone(), self.index.clone(), self.lock.clone());
        Box::new(OpenJournal::new(writer, last_seq, origin, catalogue, index, lock))
    }

    /// Deletes what monitoring sessions before `now` left. The new session goes on if that fails.
    fn forget_monitoring(&self, machine: &MachineId, now: SessionId) {
        let left = self.catalogue.select(|entry| {
            entry.keep == Keep::UntilNextSession && entry.place.machine == *machine && entry.place.session != now
        });
        for entry in left {
            if let Err(e) = self.catalogue.delete(&self.disk, &entry) {
                tracing::warn!(session = %entry.place.session, error = %e, "a monitoring session's journal stays");
            }
        }
    }

    fn profile_entry(&self, id: SessionId) -> Result<Entry, ArchiveError> {
        let entry = self.catalogue.find(id).filter(Entry::is_profile);
        entry.ok_or_else(|| ArchiveError::NotFound(format!("profile {id}")))
    }

    /// A writer at the end of a sealed journal, and where its seal stands: in the last file if that ends in a trailer,
    /// else in a new one behind what is damaged.
    fn behind_seal(&self, entry: &Entry, log: &SessionLog) -> Result<(SegmentWriter, Seal), ArchiveError> {
        let (place, files) = (entry.place.clone(), entry.extent());
        let last = files.segments.last().copied().unwrap_or(1);
        let sound =
            Segment::open(&place.segment(last), files.last_bytes).ok().and_then(|s| Some((s.trailer()?, s.bytes())));
        let (header, clock) = (log.header.clone(), self.clock.clone());
        match sound {
            Some((trailer, bytes)) => {
                let at = |offset| Seal::At(Spot { segment: last, offset });
                let seal = trailer.seal_at.map_or(Seal::Earlier, at);
                Ok((SegmentWriter::reopen(self.disk.clone(), place, header, clock, files.segments, bytes)?, seal))
            }
            None => Ok((SegmentWriter::begin(self.disk.clone(), place, header, clock, files)?, Seal::Earlier)),
        }
    }

    /// Takes in how a journal's files look now.
    fn looked(&self, place: &JournalPlace, files: Extent) {
        let bytes = reader::size(place, &files);
        self.catalogue.update(place.session, |entry| {
            entry.files = files;
            entry.bytes = bytes;
        });
        self.index.refresh(place.session);
    }

    fn interrupted_one(&self, entry: &Entry) -> Result<Interrupted, ArchiveError> {
        let Found { log, began, .. } = reader::read(&entry.place, &entry.extent(), None)?;
        let last = log.events.last().map(|event| event.at).unwrap_or_default();
        let silent_ms = began.and_then(|it| it.passed_since(last, log.header.clock_speed, self.clock.as_ref()));
        Ok(Interrupted { log, silent_ms })
    }
}

/// Whether a recording may begin with so much room. Unit: bytes.
fn enough(free_bytes: u64) -> Result<(), ArchiveError> {
    let free_mib = free_bytes / MIB;
    if free_mib < RECORDING_MIB_MIN {
        return Err(ArchiveError::Full { free_mib, needed_mib: RECORDING_MIB_MIN });
    }
    Ok(())
}

impl Archive for Store {
    fn next_boot(&self) -> Result<u64, ArchiveError> {
        let _one = locked(&self.changing);
        boot::count(&self.disk, &self.data)
    }

    fn open_run(&self) -> Result<LastRun, ArchiveError> {
        boot::open_run(&self.disk, &self.data)
    }

    fn close_run(&self, but: &BTreeSet<MachineId>) -> Result<(), ArchiveError> {
        boot::close_run(&self.disk, &self.data, but)
    }

    fn alarms(&self) -> Result<Vec<(MachineId, Vec<AlarmNotice>)>, ArchiveError> {
        alarms::all(&self.data)
    }

    // One thread writes them: they need no lock, and never wait for a profile's.
    fn put_alarms(&self, machine: &MachineId, standing: &[AlarmNotice]) -> Result<(), ArchiveError> {
        alarms::put(&self.disk, &self.data, machine, standing)
    }

    fn create(&self, header: &JournalHeader) -> Result<Box<dyn Journal>, ArchiveError> {
        if header.keep == Keep::AsProfile {
            enough(self.disk.free_bytes(&self.data)?)?;
        }
        let place = JournalPlace::new(&self.data, &header.machine, header.session);
        let entry = Entry {
            place: place.clone(),
            keep: header.keep,
            state: State::Open(Arc::default()),
            files: Extent::default(),
            bytes: 0,
        };
        self.catalogue.insert(entry)?;
        let begun =
            SegmentWriter::begin(self.disk.clone(), place, header.clone(), self.clock.clone(), Extent::default());
        let writer = begun.inspect_err(|_| self.catalogue.forget(header.session))?;
        let journal = self.open_journal(writer, None, Origin::Fresh);
        self.forget_monitoring(&header.machine, header.session);
        Ok(journal)
    }

    fn resume(&self, session: SessionId) -> Result<Box<dyn Journal>, ArchiveError> {
        let _one = locked(&self.changing);
        let unsealed = self.catalogue.find(session).filter(|entry| matches!(entry.state, State::Unsealed));
        let entry = unsealed.ok_or_else(|| {
            ArchiveError::NotFound(format!("a journal of session {session} that was cut short and is not open already"))
        })?;
        let found = reader::read(&entry.place, &entry.extent(), None)?;
        let header = JournalHeader { channels: found.channels, ..found.log.header };
        // Always a new segment: times since boot belong to the boot in its head, and damage stays where it is.
        let writer = SegmentWriter::begin(self.disk.clone(), entry.place, header, self.clock.clone(), entry.files)?;
        Ok(self.open_journal(writer, found.last_seq, Origin::CutShort))
    }

    fn interrupted(&self) -> Result<Vec<Interrupted>, ArchiveError> {
        let mut interrupted = Vec::new();
        for entry in self.catalogue.select(|entry| matches!(entry.state, State::Unsealed)) {
            match self.interrupted_one(&entry) {
                Ok(one) => interrupted.push(one),
                Err(e) => {
                    self.disk.note_damaged(format!("the journal of session {}", entry.place.session));
                    tracing::error!(session = %entry.place.session, error = %e, "a journal that was cut short cannot be read");
                }
            }
        }
        Ok(interrupted)
    }

    fn read(&self, session: SessionId, after: Option<Seq>) -> Result<SessionLog, ArchiveError> {
        let entry = self.catalogue.find(session);
        let entry = entry.ok_or_else(|| ArchiveError::NotFound(format!("the journal of session {session}")))?;
        Ok(reader::read(&entry.place, &entry.extent(), after)?.log)
    }

    fn profiles(&self, query: &ProfileQuery) -> Result<ProfilePage, ArchiveError> {
        self.index.page(query)
    }

    fn profile(&self, id: SessionId) -> Result<Profile, ArchiveError> {
        let entry = self.profile_entry(id)?;
        Ok(assemble(&reader::read(&entry.place, &entry.extent(), None)?.log))
    }

    fn annotate(&self, id: SessionId, annotation: Annotation) -> Result<Profile, ArchiveError> {
        let _one = locked(&self.changing);
        let entry = self.profile_entry(id)?;
        let mut log = reader::read(&entry.place, &entry.extent(), None)?.log;
        let (mut writer, seal) = self.behind_seal(&entry, &log)?;
        log.annotation.merge(annotation.clone());
        let profile = assemble(&log);
        let closing = Closing {
            stamp: writer.stamp(),
            annotation: Some(annotation),
            summary: Some(profile.summary()),
            seal,
            keep: entry.keep,
        };
        let written = writer.put(&|spot, out| closing.build(spot, out)).and_then(|()| writer.sync());
        self.looked(&entry.place, writer.extent());
        written.map(|()| profile)
    }

    fn import(&self, profile: &Profile) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        let log = import::to_log(profile).map_err(|e| import::unusable(profile, e))?;
        let bytes = import::to_bytes(&log, self.clock.as_ref()).map_err(|e| import::unusable(profile, e))?;
        let place = JournalPlace::new(&self.data, &profile.machine, profile.id);
        let path = place.segment(1);
        if self.catalogue.find(profile.id).is_some() || path.exists() {
            return Err(ArchiveError::Exists(format!("profile {}", profile.id)));
        }
        self.disk.make_dir(place.dir())?;
        self.disk.write_file(&path, &bytes).inspect_err(|_| {
            // Refused is refused: it may have its name already.
            self.disk.discard(&path);
        })?;
        self.catalogue.insert(Entry {
            place,
            keep: Keep::AsProfile,
            state: State::Sealed,
            files: Extent { segments: vec![1], last_bytes: None },
            bytes: bytes.len() as u64,
        })?;
        self.index.refresh(profile.id);
        Ok(())
    }

    fn delete(&self, id: SessionId) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        let entry = self.profile_entry(id)?;
        let deleted = self.catalogue.delete(&self.disk, &entry);
        self.index.refresh(id);
        deleted
    }

    fn machines(&self) -> Result<Vec<(MachineId, String)>, ArchiveError> {
        machines::all(&self.data)
    }

    fn put_machine(&self, id: &MachineId, document: &str) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        machines::put(&self.disk, &self.data, id, document)
    }

    fn delete_machine(&self, id: &MachineId) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        machines::delete(&self.disk, &self.data, id)
    }

    fn assign(&self, requests: &[Request]) -> Result<Vec<Answer>, ArchiveError> {
        let mut addresses = locked(&self.addresses);
        let mut changed = addresses.clone();
        let answers = changed.assign(requests);
        if changed != *addresses {
            addresses::put(&self.disk, &self.data, &changed)?;
            *addresses = changed;
        }
        Ok(answers)
    }

    fn programs(&self) -> Result<Vec<(ProgramId, String)>, ArchiveError> {
        programs::all(&self.data)
    }

    fn put_program(&self, id: &ProgramId, document: &str) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        programs::put(&self.disk, &self.data, id, document)
    }

    fn delete_program(&self, id: &ProgramId) -> Result<(), ArchiveError> {
        let _one = locked(&self.changing);
        programs::delete(&self.disk, &self.data, id)
    }

    fn tasks(&self) -> Result<Vec<Task>, ArchiveError> {
        tasks::all(&self.disk, &self.data)
    }

    // One manager writes them, one after the other: they need no lock, and never wait for a profile's.
    fn put_task(&self, task: &Task) -> Result<(), ArchiveError> {
        tasks::put(&self.disk, &self.data, task)
    }

    fn delete_task(&self, id: TaskId) -> Result<(), ArchiveError> {
        tasks::delete(&self.disk, &self.data, id)
    }
}

#[cfg(test)]
mod hard_times;
#[cfg(test)]
mod tests;
