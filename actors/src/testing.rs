//! Doubles for tests: a driver that follows a script, an archive that keeps everything in memory, a house around them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;

use crate::archive::{Archive, ArchiveError, Interrupted, Journal, LastRun, ProfilePage, ProfileQuery};
use crate::driver::{Applied, Driver, DriverError, DriverFactory, Picture, Promise, Sample};
use crate::logic::addresses::{Addresses, Answer, Request};
use crate::logic::gate::Admitted;
use crate::logic::profile::assemble;
use crate::model::alarm::AlarmNotice;
use crate::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, DeviceType, Failsafe, OutputClass, Role,
};
use crate::model::event::Event;
use crate::model::ids::{ChannelId, EndpointId, MachineId, ProgramId, Seq, SessionId};
use crate::model::journal::{JournalHeader, Keep, SessionLog};
use crate::model::profile::{Annotation, Profile, ProfileStatus};
use crate::model::spec::{DetectionSpec, MachineKind, MachineSpec, SafetySpec};
use crate::model::task::{Task, TaskId};
use crate::model::units::Unit;

/// A roaster with BT, ET and a burner: `bt` is channel 0, `et` 1, `burner` 2.
///
/// # Panics
/// When the id is no machine id.
pub fn roaster(id: &str) -> MachineSpec {
    let channel = |channel: &str, role, unit, kind| Channel {
        id: ChannelId::parse(channel).unwrap_or_else(|bad| panic!("{bad}")),
        tag: format!("{id}.{channel}"),
        endpoint: EndpointId::NONE,
        group: DeviceType::usual_group(None, &kind).to_owned(),
        device: None,
        label: channel.to_owned(),
        role,
        unit,
        kind,
    };
    let burner = ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max: 100.0,
        step: 1.0,
        class: OutputClass::Heat,
        failsafe: Failsafe::Value(0.0),
        stop_value: None,
        max_rise_per_s: None,
        has_readback: false,
    };
    MachineSpec {
        id: MachineId::parse(id).unwrap_or_else(|bad| panic!("{bad}")),
        name: id.to_owned(),
        kind: MachineKind::Roaster,
        autoconnect: true,
        sampling_interval_ms: 1000,
        clock_speed: 1.0,
        channels: Arc::new(ChannelTable::new(vec![
            channel("bt", Some(Role::Bt), Unit::Celsius, ChannelKind::Sensor),
            channel("et", Some(Role::Et), Unit::Celsius, ChannelKind::Sensor),
            channel("burner", None, Unit::Percent, ChannelKind::Control(burner)),
        ])),
        detection: DetectionSpec::default(),
        alarms: Vec::new(),
        interlocks: Vec::new(),
        safety: SafetySpec::default(),
        verify_heat: None,
    }
}

/// What a scripted driver does at one call of `read`.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Answers with these values by channel index.
    Values(Vec<f64>),
    /// Answers nothing in time.
    Timeout,
    /// Reports the link as lost.
    Disconnect,
    /// Panics.
    Panic,
    /// Never returns.
    Hang,
    /// Blocks its thread for real, for this many ms.
    Block(u64),
    /// Blocks its thread for real, until [`Device::let_go`].
    Stick,
}

/// What happened to a device and what it shall do next; shared by all drivers made for it.
#[derive(Debug, Clone, Default)]
pub struct Device {
    inner: Arc<Mutex<DeviceState>>,
}

#[derive(Debug, Default)]
struct DeviceState {
    script: VecDeque<Step>,
    resting: Option<Step>,
    writes: Vec<(usize, f64)>,
    connects: u32,
    refuses_writes: bool,
    unreachable: bool,
    crashes_connecting: bool,
    crashes_writing: u32,
    owes_answers: bool,
    refusals: u32,
    is_stuck: bool,
    let_go: bool,
}

impl Device {
    /// A device that always answers with these values.
    pub fn answering(values: &[f64]) -> Self {
        let device = Self::default();
        device.lock().resting = Some(Step::Values(values.to_vec()));
        device
    }

    /// What it does at the next calls of `read`, before it goes back to rest.
    pub fn then(&self, steps: impl IntoIterator<Item = Step>) {
        self.lock().script.extend(steps);
    }

    /// Ends every [`Step::Stick`].
    pub fn let_go(&self) {
        self.lock().let_go = true;
    }

    /// Whether a driver blocks its thread in a [`Step::Stick`].
    pub fn is_stuck(&self) -> bool {
        self.lock().is_stuck
    }

    /// What it does when its script is empty.
    pub fn rest_at(&self, step: Step) {
        self.lock().resting = Some(step);
    }

    /// From now on writes are refused, or not.
    pub fn refuse_writes(&self, refuses: bool) {
        self.lock().refuses_writes = refuses;
    }

    /// From now on connecting fails, or not.
    pub fn unreachable(&self, unreachable: bool) {
        self.lock().unreachable = unreachable;
    }

    /// From now on drivers panic where they connect, or not.
    pub fn crash_connecting(&self, crashes: bool) {
        self.lock().crashes_connecting = crashes;
    }

    /// Drivers panic over the next writes, so many times.
    pub fn crash_writing(&self, times: u32) {
        self.lock().crashes_writing = times;
    }

    /// From now on writes are taken, and confirmed later, which never comes, or at once.
    pub fn owe_answers(&self, owes: bool) {
        self.lock().owes_answers = owes;
    }

    /// How many writes were refused.
    pub fn refusals(&self) -> u32 {
        self.lock().refusals
    }

    /// Everything written so far: channel index and native value.
    pub fn writes(&self) -> Vec<(usize, f64)> {
        self.lock().writes.clone()
    }

    /// Everything written so far but what was only written again.
    pub fn changes(&self) -> Vec<(usize, f64)> {
        let mut last = BTreeMap::new();
        let mut changes = self.writes();
        changes.retain(|(channel, value)| last.insert(*channel, *value) != Some(*value));
        changes
    }

    /// How often somebody connected.
    pub fn connects(&self) -> u32 {
        self.lock().connects
    }

    /// Makes drivers for this device.
    pub fn factory(&self) -> DriverFactory {
        let device = self.clone();
        Arc::new(move |_| Box::new(ScriptedDriver { device: device.clone() }))
    }

    fn lock(&self) -> MutexGuard<'_, DeviceState> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Drives a [`Device`].
#[derive(Debug)]
pub struct ScriptedDriver {
    device: Device,
}

#[async_trait(?Send)]
impl Driver for ScriptedDriver {
    fn name(&self) -> String {
        "Scripted".to_owned()
    }

    async fn connect(&mut self) -> Result<(), DriverError> {
        let mut device = self.device.lock();
        assert!(!device.crashes_connecting, "scripted panic");
        if device.unreachable {
            return Err(disconnected("connecting"));
        }
        device.connects += 1;
        Ok(())
    }

    async fn read(&mut self, _: usize, sample: &mut Sample) -> Result<(), DriverError> {
        let step = {
            let mut device = self.device.lock();
            device.script.pop_front().or_else(|| device.resting.clone())
        };
        match step {
            Some(Step::Values(values)) => {
                values.iter().enumerate().for_each(|(channel, value)| sample.set(channel, *value));
                Ok(())
            }
            Some(Step::Timeout) => {
                Err(DriverError::Timeout { what: "reading".into(), after_ms: 100, hint: "it is a script".into() })
            }
            Some(Step::Disconnect) => Err(disconnected("reading")),
            Some(Step::Panic) => panic!("scripted panic"),
            Some(Step::Hang) | None => std::future::pending().await,
            Some(Step::Stick) => {
                self.device.lock().is_stuck = true;
                while !self.device.lock().let_go {
                    std::thread::sleep(std::time::Duration::from_millis(5));
                }
                Ok(())
            }
            Some(Step::Block(ms)) => {
                std::thread::sleep(std::time::Duration::from_millis(ms));
                Ok(())
            }
        }
    }

    async fn apply(&mut self, order: &Admitted) -> Result<Applied, DriverError> {
        let mut device = self.device.lock();
        if device.crashes_writing > 0 {
            device.crashes_writing -= 1;
            panic!("scripted panic");
        }
        if device.refuses_writes {
            device.refusals += 1;
            return Err(DriverError::Rejected {
                what: "writing".into(),
                cause: "scripted".into(),
                hint: String::new(),
            });
        }
        device.writes.push((order.channel(), order.native()));
        Ok(Applied::default())
    }

    fn promise(&mut self, _: &Admitted) -> Option<Promise> {
        self.device.lock().owes_answers.then(|| -> Promise { Box::pin(std::future::pending()) })
    }

    async fn capture(&mut self, channel: usize) -> Result<Picture, DriverError> {
        let seen = self.device.lock().writes.iter().rev().find(|(written, _)| *written == channel).map(|(_, v)| *v);
        Ok(Picture { mime: "image/png", bytes: format!("picture of {seen:?}").into_bytes() })
    }

    async fn disconnect(&mut self) {}
}

fn disconnected(what: &str) -> DriverError {
    DriverError::Disconnected { what: what.into(), cause: "scripted".into(), hint: String::new() }
}

/// An archive in memory that survives the house around it, as a disk would.
#[derive(Debug, Clone, Default)]
pub struct MemoryArchive {
    inner: Arc<Mutex<Memory>>,
}

#[derive(Debug, Default)]
struct Memory {
    boots: u64,
    /// A run that was ended in order; `None` while one is open.
    last_run: Option<BTreeSet<MachineId>>,
    logs: BTreeMap<SessionId, SessionLog>,
    alarms: BTreeMap<MachineId, Vec<AlarmNotice>>,
    machines: BTreeMap<MachineId, String>,
    addresses: Addresses,
    programs: BTreeMap<ProgramId, String>,
    tasks: BTreeMap<TaskId, Task>,
    refuses: bool,
}

impl MemoryArchive {
    /// From now on every write fails, or not.
    pub fn refuse(&self, refuses: bool) {
        self.lock().refuses = refuses;
    }

    /// The log of a session as it stands.
    pub fn log(&self, session: SessionId) -> Option<SessionLog> {
        self.lock().logs.get(&session).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, Memory> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writing(&self) -> Result<MutexGuard<'_, Memory>, ArchiveError> {
        let memory = self.lock();
        if memory.refuses {
            return Err(ArchiveError::Io {
                what: "writing to memory".into(),
                source: std::io::ErrorKind::StorageFull.into(),
            });
        }
        Ok(memory)
    }
}

struct MemoryJournal {
    archive: MemoryArchive,
    session: SessionId,
}

impl Journal for MemoryJournal {
    fn append(&mut self, event: &Event) -> Result<(), ArchiveError> {
        if let Some(log) = self.archive.writing()?.logs.get_mut(&self.session) {
            log.events.push(event.clone());
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<(), ArchiveError> {
        self.archive.writing().map(drop)
    }

    fn seal(&mut self) -> Result<(), ArchiveError> {
        if let Some(log) = self.archive.writing()?.logs.get_mut(&self.session) {
            log.sealed = true;
        }
        Ok(())
    }
}

fn no_session(session: SessionId) -> ArchiveError {
    ArchiveError::NotFound(format!("session {session}"))
}

impl Archive for MemoryArchive {
    fn next_boot(&self) -> Result<u64, ArchiveError> {
        let mut memory = self.writing()?;
        memory.boots += 1;
        Ok(memory.boots)
    }

    fn open_run(&self) -> Result<LastRun, ArchiveError> {
        let mut memory = self.writing()?;
        let is_first = memory.boots <= 1;
        let last = memory.last_run.take().or(is_first.then(BTreeSet::new));
        Ok(last.map_or(LastRun::Cut, LastRun::Orderly))
    }

    fn close_run(&self, but: &BTreeSet<MachineId>) -> Result<(), ArchiveError> {
        self.writing()?.last_run = Some(but.clone());
        Ok(())
    }

    fn alarms(&self) -> Result<Vec<(MachineId, Vec<AlarmNotice>)>, ArchiveError> {
        Ok(self.lock().alarms.clone().into_iter().collect())
    }

    fn put_alarms(&self, machine: &MachineId, standing: &[AlarmNotice]) -> Result<(), ArchiveError> {
        self.writing()?.alarms.insert(machine.clone(), standing.to_vec());
        Ok(())
    }

    fn create(&self, header: &JournalHeader) -> Result<Box<dyn Journal>, ArchiveError> {
        let mut memory = self.writing()?;
        memory.logs.retain(|_, log| log.header.machine != header.machine || log.header.keep == Keep::AsProfile);
        let log = SessionLog {
            header: header.clone(),
            events: Vec::new(),
            annotation: Annotation::default(),
            sealed: false,
            damaged: false,
        };
        memory.logs.insert(header.session, log);
        Ok(Box::new(MemoryJournal { archive: self.clone(), session: header.session }))
    }

    fn resume(&self, session: SessionId) -> Result<Box<dyn Journal>, ArchiveError> {
        self.lock().logs.get(&session).ok_or_else(|| no_session(session))?;
        Ok(Box::new(MemoryJournal { archive: self.clone(), session }))
    }

    fn interrupted(&self) -> Result<Vec<Interrupted>, ArchiveError> {
        let memory = self.lock();
        let open = memory.logs.values().filter(|log| !log.sealed);
        Ok(open.map(|log| Interrupted { log: log.clone(), silent_ms: Some(2000) }).collect())
    }

    fn read(&self, session: SessionId, after: Option<Seq>) -> Result<SessionLog, ArchiveError> {
        let mut log = self.log(session).ok_or_else(|| no_session(session))?;
        log.events.retain(|event| Some(event.seq) > after);
        Ok(log)
    }

    fn profiles(&self, query: &ProfileQuery) -> Result<ProfilePage, ArchiveError> {
        let memory = self.lock();
        let sealed = memory.logs.values().filter(|log| log.sealed && log.header.keep == Keep::AsProfile);
        let items = sealed
            .rev()
            .filter(|log| query.scope.includes(&log.header.machine))
            .take(query.limit)
            .map(|log| assemble(log).summary())
            .collect();
        Ok(ProfilePage { items, next: None })
    }

    fn profile(&self, id: SessionId) -> Result<Profile, ArchiveError> {
        self.log(id).map(|log| assemble(&log)).ok_or_else(|| no_session(id))
    }

    fn annotate(&self, id: SessionId, annotation: Annotation) -> Result<Profile, ArchiveError> {
        let mut memory = self.writing()?;
        let log = memory.logs.get_mut(&id).ok_or_else(|| no_session(id))?;
        log.annotation.merge(annotation);
        Ok(assemble(log))
    }

    fn import(&self, profile: &Profile) -> Result<(), ArchiveError> {
        debug_assert!(profile.status == ProfileStatus::Saved);
        Err(ArchiveError::Exists("memory keeps no imported profiles".into()))
    }

    fn delete(&self, id: SessionId) -> Result<(), ArchiveError> {
        self.writing()?.logs.remove(&id).map(drop).ok_or_else(|| no_session(id))
    }

    fn machines(&self) -> Result<Vec<(MachineId, String)>, ArchiveError> {
        Ok(self.lock().machines.clone().into_iter().collect())
    }

    fn put_machine(&self, id: &MachineId, document: &str) -> Result<(), ArchiveError> {
        self.writing()?.machines.insert(id.clone(), document.to_owned());
        Ok(())
    }

    fn delete_machine(&self, id: &MachineId) -> Result<(), ArchiveError> {
        self.writing()?.machines.remove(id);
        Ok(())
    }

    fn assign(&self, requests: &[Request]) -> Result<Vec<Answer>, ArchiveError> {
        Ok(self.writing()?.addresses.assign(requests))
    }

    fn programs(&self) -> Result<Vec<(ProgramId, String)>, ArchiveError> {
        Ok(self.lock().programs.clone().into_iter().collect())
    }

    fn put_program(&self, id: &ProgramId, document: &str) -> Result<(), ArchiveError> {
        self.writing()?.programs.insert(id.clone(), document.to_owned());
        Ok(())
    }

    fn delete_program(&self, id: &ProgramId) -> Result<(), ArchiveError> {
        self.writing()?.programs.remove(id);
        Ok(())
    }

    fn tasks(&self) -> Result<Vec<Task>, ArchiveError> {
        let mut tasks: Vec<Task> = self.lock().tasks.values().cloned().collect();
        tasks.sort_by_key(|task| (task.created_at, task.id));
        Ok(tasks)
    }

    fn put_task(&self, task: &Task) -> Result<(), ArchiveError> {
        self.writing()?.tasks.insert(task.id, task.clone());
        Ok(())
    }

    fn delete_task(&self, id: TaskId) -> Result<(), ArchiveError> {
        self.writing()?.tasks.remove(&id);
        Ok(())
    }
}
