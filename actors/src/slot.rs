//! A machine's slot: what stays when its actor dies. The registry keeps one per machine; clients and REST hold handles to it and
//! never an actor's address.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix::{Addr, Recipient};
use tokio::sync::watch;

use crate::driver::Picture;
use crate::logic::gate;
use crate::machine::pictures::{Capture, CaptureError};
use crate::machine::warden::{PARKED, Warden};
use crate::machine::{Machine, Surroundings};
use crate::model::command::{Command, Outcome, Want};
use crate::model::connection::DriverState;
use crate::model::ids::{ChannelId, MachineId};
use crate::model::refusal::{Refusal, RefusalCode};
use crate::model::spec::MachineSpec;
use crate::runtime::bus::Bus;
use crate::runtime::desk::AlarmDesk;
use crate::runtime::health::Health;
use crate::runtime::steering::Steering;

/// Longest time anybody waits for a machine's answer: longer than any deadline inside.
const ANSWER_DEADLINE: Duration = Duration::from_secs(15);

/// A machine as the rest of the house knows it. Cheap to clone; stays valid over restarts.
#[derive(Clone)]
pub struct MachineHandle {
    slot: Arc<Slot>,
}

struct Slot {
    id: MachineId,
    bus: Arc<Bus>,
    steering: Arc<Steering>,
    alarms: Arc<AlarmDesk>,
    health: Arc<Health>,
    /// Held by each thread that was left behind, as long as it is there.
    left_behind: Arc<()>,
    door: Mutex<Door>,
    at_the_door: watch::Sender<Option<Attendant>>,
}

struct Door {
    spec: Arc<MachineSpec>,
    document: Arc<str>,
}

/// Whoever answers for the machine now.
#[derive(Clone)]
struct Attendant {
    commands: Recipient<Command>,
    /// A parked machine's warden takes none.
    pictures: Option<Recipient<Capture>>,
}

impl MachineHandle {
    /// A slot with nobody in it yet.
    pub(crate) fn new(spec: Arc<MachineSpec>, document: Arc<str>, bus: Arc<Bus>, house: &Surroundings) -> Self {
        let id = spec.id.clone();
        let alarms = AlarmDesk::start(&spec, Arc::clone(&bus), Arc::clone(&house.occurrences), house.alarms.clone());
        let door = Mutex::new(Door { spec, document });
        let steering = Steering::start(Arc::clone(&bus));
        let (health, left_behind) = (Arc::default(), Arc::default());
        let at_the_door = watch::Sender::new(None);
        Self { slot: Arc::new(Slot { id, bus, steering, alarms, health, left_behind, door, at_the_door }) }
    }

    /// The machine's id.
    pub fn id(&self) -> &MachineId {
        &self.slot.id
    }

    /// Its configuration as the heart needs it.
    pub fn spec(&self) -> Arc<MachineSpec> {
        self.door().spec.clone()
    }

    /// Its configuration document as it was given.
    pub fn document(&self) -> Arc<str> {
        self.door().document.clone()
    }

    /// Its truth.
    pub fn bus(&self) -> &Arc<Bus> {
        &self.slot.bus
    }

    /// Who may steer it.
    pub fn steering(&self) -> &Arc<Steering> {
        &self.slot.steering
    }

    /// Its alarms.
    pub fn alarms(&self) -> &Arc<AlarmDesk> {
        &self.slot.alarms
    }

    /// Its link's counters.
    pub fn health(&self) -> &Arc<Health> {
        &self.slot.health
    }

    /// How many of its threads hung, were left behind, and have not come back since.
    pub fn abandoned_threads(&self) -> usize {
        Arc::strong_count(&self.slot.left_behind) - 1
    }

    /// Puts a command to the machine and waits for its answer.
    ///
    /// # Errors
    /// The machine's refusal, or [`RefusalCode::MachineFailed`] while nobody is there to answer.
    pub async fn command(&self, command: Command) -> Result<Outcome, Refusal> {
        self.steering().notice(&command.principal);
        let request_id = command.request_id.clone();
        let control = match &command.want {
            Want::Control { channel, value } => Some((channel.as_str().to_owned(), *value)),
            _ => None,
        };
        // Whoever refused, the sender learns which of its orders it was.
        self.put(command).await.map_err(|refusal| Refusal { request_id, control, ..refusal })
    }

    /// Has the machine bring its outputs to safety and let go of its device, in the house's name and whoever asks it to connect meanwhile.
    ///
    /// # Errors
    /// Why that is not known to be done.
    pub async fn part(&self, house: &Surroundings) -> Result<(), Refusal> {
        loop {
            match self.command(house.order_of_the_house(Want::Disconnect)).await {
                Err(Refusal { code: RefusalCode::Superseded, .. }) => {}
                ended => return ended.map(|_| ()),
            }
        }
    }

    async fn put(&self, command: Command) -> Result<Outcome, Refusal> {
        match &command.want {
            Want::Lease(action) => {
                gate::must_be_allowed(&command, self.id())?;
                return self.steering().lease(&command.principal, action).await.map(|()| Outcome::Done);
            }
            Want::AckAlarm { alarm, occurrence } => {
                gate::must_be_allowed(&command, self.id())?;
                let by = command.principal.actor.label();
                return self.alarms().ack(alarm, *occurrence, by).map(|()| Outcome::Done);
            }
            Want::ShelveAlarm { alarm, minutes } => {
                gate::must_be_allowed(&command, self.id())?;
                return self.alarms().shelve(alarm, *minutes).map(|()| Outcome::Done);
            }
            _ => {}
        }
        let is_stop = matches!(command.want, Want::Stop);
        let machine = self.clone();
        let telling = async move { if is_stop { machine.insist(command).await } else { machine.tell(command).await } };
        // A message whose sender has gone is skipped. A STOP, or what takes the heat away, must not be, when the page is closed or
        // the task is over before a busy machine has taken it: somebody waits for it to the end.
        match tokio::spawn(tokio::time::timeout(ANSWER_DEADLINE, telling)).await {
            Ok(Ok(answer)) => answer,
            Err(_) => Err(self.nobody_there()),
            Ok(Err(_)) => {
                let what_to_do = if is_stop { "use the machine's own switch" } else { "look at its health" };
                let words = format!("the machine did not answer within {} s: {what_to_do}", ANSWER_DEADLINE.as_secs());
                Err(Refusal::new(RefusalCode::MachineFailed, words))
            }
        }
    }

    async fn tell(&self, command: Command) -> Result<Outcome, Refusal> {
        let attendant = self.slot.at_the_door.borrow().clone();
        let Some(attendant) = attendant else { return Err(self.nobody_there()) };
        attendant.commands.send(command).await.unwrap_or_else(|_| Err(self.nobody_there()))
    }

    /// Tells whoever is there; where nobody is, or they hang or die over it, whoever comes next.
    async fn insist(&self, command: Command) -> Result<Outcome, Refusal> {
        let mut at_the_door = self.slot.at_the_door.subscribe();
        loop {
            let attendant = at_the_door.borrow_and_update().clone();
            if attendant.is_none() && (self.is_given_up() || self.bus().is_closed()) {
                return Err(self.nobody_there());
            }
            let telling = async {
                let answer = attendant?.commands.send(command.clone()).await.ok()?;
                let is_over = matches!(&answer, Err(refusal) if refusal.code == RefusalCode::MachineFailed);
                (!is_over).then_some(answer)
            };
            tokio::select! {
                biased;
                Some(answer) = telling => return answer,
                _ = at_the_door.changed() => {}
            }
        }
    }

    /// Takes a picture with the camera that a channel is.
    ///
    /// # Errors
    /// Why there is none.
    pub async fn capture(&self, camera: &ChannelId) -> Result<Picture, CaptureError> {
        let attendant = self.slot.at_the_door.borrow().clone();
        let pictures = attendant.and_then(|attendant| attendant.pictures).ok_or(CaptureError::Lost)?;
        match tokio::time::timeout(ANSWER_DEADLINE, pictures.send(Capture(camera.clone()))).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) | Err(_) => Err(CaptureError::Lost),
        }
    }

    /// From now on this incarnation answers.
    pub(crate) fn attend(&self, machine: Addr<Machine>) {
        let pictures = Some(machine.clone().recipient());
        self.slot.at_the_door.send_replace(Some(Attendant { commands: machine.recipient(), pictures }));
    }

    /// From now on the warden of the parked machine answers.
    pub(crate) fn guard(&self, warden: Addr<Warden>) {
        self.slot.at_the_door.send_replace(Some(Attendant { commands: warden.recipient(), pictures: None }));
    }

    /// Nobody answers until somebody else comes.
    pub(crate) fn vacate(&self) {
        self.slot.at_the_door.send_replace(None);
    }

    pub(crate) fn reconfigure(&self, spec: Arc<MachineSpec>, document: Arc<str>) {
        self.alarms().configure(&spec);
        let mut door = self.door();
        door.spec = spec;
        door.document = document;
    }

    /// For a thread that is left behind, to be dropped when it ends after all.
    pub(crate) fn leave_behind(&self) -> Arc<()> {
        Arc::clone(&self.slot.left_behind)
    }

    fn is_given_up(&self) -> bool {
        self.bus().decided().connection.state == DriverState::Failed
    }

    fn nobody_there(&self) -> Refusal {
        let words = if self.is_given_up() { PARKED } else { "the machine is restarting: try again in a moment" };
        Refusal::new(RefusalCode::MachineFailed, words)
    }

    fn door(&self) -> MutexGuard<'_, Door> {
        self.slot.door.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
