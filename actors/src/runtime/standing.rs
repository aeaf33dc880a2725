//! Alarms that a restart must not forget, on their way to the disk: a thread that writes the newest state of each machine, and no
//! one waits for it. A daemon that is killed loses at most what changed in the moment before.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::archive::Archive;
use crate::model::alarm::AlarmNotice;
use crate::model::ids::MachineId;

/// How long after a refusal the disk is asked again.
const AGAIN: Duration = Duration::from_secs(1);
/// Calls that may wait: one that is waiting already does for all.
const CALLS_MAX: usize = 8;

/// Keeps what stands. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AlarmKeeper {
    shared: Arc<Mutex<Shared>>,
    calls: SyncSender<Call>,
}

#[derive(Debug, Default)]
struct Shared {
    /// What stands at each machine, on disk or on its way there.
    standing: BTreeMap<MachineId, Vec<AlarmNotice>>,
    /// What is not on disk yet.
    unwritten: BTreeMap<MachineId, Vec<AlarmNotice>>,
}

#[derive(Debug)]
enum Call {
    Look,
    Stop(SyncSender<()>),
}

impl AlarmKeeper {
    /// Reads what stood when the daemon ended, and starts the thread. What cannot be read is reported, and begins anew.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(archive: Arc<dyn Archive>) -> std::io::Result<Self> {
        let standing = archive.alarms().unwrap_or_else(|error| {
            tracing::error!(%error, "alarms of the run before cannot be read");
            Vec::new()
        });
        let shared = Shared { standing: standing.into_iter().collect(), unwritten: BTreeMap::new() };
        let shared = Arc::new(Mutex::new(shared));
        let (calls, called) = sync_channel(CALLS_MAX);
        let writer = Writer { archive, shared: Arc::clone(&shared), is_refused: false };
        std::thread::Builder::new().name("alarms".into()).spawn(move || writer.run(&called))?;
        Ok(Self { shared, calls })
    }

    /// What stands at a machine, as far as is known.
    pub fn kept(&self, machine: &MachineId) -> Vec<AlarmNotice> {
        locked(&self.shared).standing.get(machine).cloned().unwrap_or_default()
    }

    /// Keeps all that stands at a machine now.
    pub fn keep(&self, machine: MachineId, standing: Vec<AlarmNotice>) {
        {
            let mut shared = locked(&self.shared);
            if shared.standing.get(&machine).map_or(standing.is_empty(), |known| *known == standing) {
                return;
            }
            shared.standing.insert(machine.clone(), standing.clone());
            shared.unwritten.insert(machine, standing);
        }
        // A full queue is no loss: the thread looks anyway.
        let _ = self.calls.try_send(Call::Look);
    }

    /// Returns once everything is written, or was refused once more. Blocks.
    pub fn stop(&self) {
        let (done, stopped) = sync_channel(1);
        if self.calls.send(Call::Stop(done)).is_ok() {
            let _ = stopped.recv();
        }
    }
}

struct Writer {
    archive: Arc<dyn Archive>,
    shared: Arc<Mutex<Shared>>,
    is_refused: bool,
}

impl Writer {
    fn run(mut self, called: &Receiver<Call>) {
        loop {
            let call = if self.is_refused {
                match called.recv_timeout(AGAIN) {
                    Ok(call) => call,
                    Err(RecvTimeoutError::Timeout) => Call::Look,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                match called.recv() {
                    Ok(call) => call,
                    Err(_) => return,
                }
            };
            self.write_all();
            if let Call::Stop(done) = call {
                let _ = done.send(());
                return;
            }
        }
    }

    fn write_all(&mut self) {
        let unwritten = std::mem::take(&mut locked(&self.shared).unwritten);
        let mut refusal = None;
        for (machine, standing) in unwritten {
            if let Err(error) = self.archive.put_alarms(&machine, &standing) {
                // What came meanwhile is newer.
                locked(&self.shared).unwritten.entry(machine).or_insert(standing);
                refusal = Some(error);
            }
        }
        if let Some(error) = &refusal
            && !self.is_refused
        {
            tracing::error!(%error, "alarms cannot be kept: a restart would forget them");
        }
        self.is_refused = refusal.is_some();
    }
}

fn locked(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
