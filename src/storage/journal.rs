//! A journal being written: events in, a sealed file out.

use std::sync::{Arc, Mutex};

use hearth_actors::archive::{ArchiveError, Journal};
use hearth_actors::logic::profile::assemble;
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::Seq;
use hearth_actors::model::journal::{Keep, SessionLog};
use hearth_actors::model::profile::Annotation;

use super::catalogue::{Catalogue, Progress, State, locked};
use super::frame::Kind;
use super::keeper::Keeper;
use super::lock::DirLock;
use super::put::{Closing, Seal, new_channels, put_event};
use super::reader;
use super::record::{BadRecord, event};
use super::writer::{Build, SegmentWriter, unwritable};

/// What stands in the notes of a profile whose recording was cut short and not gone on with.
pub const RECOVERED: &str = "Recovered: the recording was cut short by a crash or a power cut.";

/// An open journal of the store.
pub struct OpenJournal {
    writer: SegmentWriter,
    progress: Progress,
    catalogue: Arc<Catalogue>,
    index: Arc<Keeper>,
    /// Held as long as anything may be written to the directory.
    _lock: Arc<DirLock>,
    last_seq: Option<Seq>,
    /// The last that survives a power cut.
    safe_seq: Option<Seq>,
    origin: Origin,
    sealed: bool,
}

/// How a journal came to be open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Its session began.
    Fresh,
    /// Its session was cut short, and no reading has come since.
    CutShort,
    /// Its session was cut short and went on.
    GoneOn,
}

impl OpenJournal {
    /// Takes a writer whose entry is in the catalogue.
    pub fn new(
        writer: SegmentWriter,
        last_seq: Option<Seq>,
        origin: Origin,
        catalogue: Arc<Catalogue>,
        index: Arc<Keeper>,
        lock: Arc<DirLock>,
    ) -> Self {
        let progress: Progress = Arc::new(Mutex::new(writer.extent()));
        catalogue.update(writer.place().session, |entry| entry.state = State::Open(progress.clone()));
        Self { writer, progress, catalogue, index, _lock: lock, last_seq, safe_seq: last_seq, origin, sealed: false }
    }

    fn put(&mut self, build: &Build<'_>) -> Result<(), ArchiveError> {
        let done = self.writer.put(build);
        *locked(&self.progress) = self.writer.extent();
        done
    }

    fn refuse(&self, why: String) -> ArchiveError {
        unwritable(self.writer.place(), BadRecord(why))
    }

    fn check(&self, event: &Event) -> Result<(), ArchiveError> {
        if self.sealed {
            return Err(self.refuse("the journal is sealed".to_owned()));
        }
        if event.machine != self.writer.place().machine {
            return Err(self.refuse(format!("the event is of machine {}", event.machine)));
        }
        match self.last_seq {
            Some(last) if event.seq <= last => {
                Err(self.refuse(format!("event {} comes after event {}", event.seq.0, last.0)))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Tells the catalogue how the journal stands now that nobody writes it any more.
    fn leave(&self, state: State) {
        let place = self.writer.place();
        let files = self.writer.extent();
        let bytes = reader::size(place, &files);
        self.catalogue.update(place.session, |entry| {
            entry.state = state;
            entry.files = files;
            entry.bytes = bytes;
        });
    }

    fn closing(&self) -> Result<Closing, ArchiveError> {
        let keep = self.writer.header().keep;
        let stamp = self.writer.stamp();
        if keep == Keep::UntilNextSession {
            return Ok(Closing { stamp, annotation: None, summary: None, seal: Seal::Here, keep });
        }
        let mut log = reader::read(self.writer.place(), &self.writer.extent(), None)?.log;
        let annotation = (self.origin == Origin::CutShort && !has_ended(&log))
            .then(|| Annotation { notes: Some(RECOVERED.to_owned()), ..Annotation::default() });
        log.annotation.merge(annotation.clone().unwrap_or_default());
        log.sealed = true;
        let summary = Some(assemble(&log).summary());
        Ok(Closing { stamp, annotation, summary, seal: Seal::Here, keep })
    }
}

/// Whether the session came to its end, so that only the seal was missing.
fn has_ended(log: &SessionLog) -> bool {
    let last_change = log.events.iter().rev().find_map(|event| match &event.body {
        EventBody::Session(change) => Some(change.to),
        _ => None,
    });
    last_change.is_some_and(|state| !state.is_running())
}

impl Journal for OpenJournal {
    fn append(&mut self, event: &Event) -> Result<(), ArchiveError> {
        let Some(kind) = event::kind(&event.body) else { return Ok(()) };
        self.check(event)?;
        let stamp = self.writer.event_stamp(event.seq.0, event.wall);
        let own = self.writer.place().session;
        let channels = self.writer.header().channels.clone();
        self.put(&|_, out| put_event(out, kind, stamp, event, own, &channels))?;
        self.last_seq = Some(event.seq);
        if let Some(channels) = new_channels(event) {
            self.writer.set_channels(channels.clone());
        }
        if kind == Kind::Reading && self.origin == Origin::CutShort {
            self.origin = Origin::GoneOn;
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), ArchiveError> {
        let done = self.writer.sync();
        match &done {
            Ok(()) => self.safe_seq = self.last_seq,
            Err(_) => self.last_seq = self.safe_seq,
        }
        *locked(&self.progress) = self.writer.extent();
        done
    }

    fn seal(&mut self) -> Result<(), ArchiveError> {
        if self.sealed {
            return Ok(());
        }
        let closing = self.closing()?;
        self.put(&|spot, out| closing.build(spot, out))?;
        self.sync()?;
        self.sealed = true;
        self.leave(State::Sealed);
        self.index.refresh(self.writer.place().session);
        Ok(())
    }
}

impl Drop for OpenJournal {
    fn drop(&mut self) {
        if !self.sealed {
            self.leave(State::Unsealed);
        }
    }
}
