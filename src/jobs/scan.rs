//! `scan(machine_id, positions, turntable, camera)`: a full turn of a turntable with a picture at each position.
//!
//! Pictures go to `scans/<task>/` in the data directory; a scan that does not come to its end leaves none behind.

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use hearth_actors::logic::program::Target;
use hearth_actors::model::channel::{ChannelTable, ControlShape, ControlSpec};
use hearth_actors::model::command::Principal;
use hearth_actors::model::ids::ChannelId;
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::task::{Task, TaskStatus};
use hearth_actors::slot::MachineHandle;
use hearth_actors::tasks::job::{Job, JobError, Steps, Work};
use serde_json::{Value, json};
use tokio::runtime::Handle;

use super::Hands;
use super::album::{Album, discard};
use super::call::Call;
use super::hand::{Came, Hand};
use crate::storage::disk::Disk;
use crate::storage::layout::SCANS;
use crate::wire::fields::{text, whole};

/// The job's name.
pub(super) const NAME: &str = "scan";

const POSITIONS_MAX: u64 = 1000;
const POSITIONS_USUAL: u64 = 36;
const CHANNEL_CHARS_MAX: usize = 64;
/// How long a turntable may take to a position. Unit: ms of the machine's clock.
const TURN_MS_MAX: u64 = 60_000;
/// How near to its position it counts as there. Share of its range.
const NEAR: f64 = 0.001;

/// `scan(machine_id, positions, turntable, camera)`.
pub(super) fn scan(call: &mut Call<'_>, hands: &Arc<Hands>) -> Work {
    let machine = call.machine(&hands.house);
    let channels = machine.as_ref().map(|machine| machine.spec().channels.clone()).unwrap_or_default();
    let positions = call.take("positions", whole(1..=POSITIONS_MAX)).unwrap_or(POSITIONS_USUAL);
    let turntable = named(call, "turntable", "the id of a slider", |id| slider(&channels, id));
    let camera = named(call, "camera", "the id of the camera's channel", |id| known(&channels, id));
    Work::Waiting(Box::new(Scan {
        hands: Arc::clone(hands),
        machine,
        positions,
        turntable,
        camera,
        asker: call.asker(),
    }))
}

/// A channel by its id; where none is named, the one that is called like the parameter.
fn named<T>(
    call: &mut Call<'_>,
    name: &'static str,
    needed: &str,
    find: impl Fn(&str) -> Result<T, String>,
) -> Option<T> {
    let read = |value: &Value| find(text(CHANNEL_CHARS_MAX)(value)?);
    let found = call.take(name, read).or_else(|| find(name).ok());
    if found.is_none() {
        call.missing(name, needed);
    }
    found
}

fn known(channels: &ChannelTable, id: &str) -> Result<ChannelId, String> {
    let channel = channels.find(id).and_then(|index| channels.get(index));
    channel.map(|channel| channel.id.clone()).ok_or_else(|| format!("is `{id}`: the machine has no such channel"))
}

fn slider(channels: &ChannelTable, id: &str) -> Result<(usize, ControlSpec), String> {
    known(channels, id)?;
    let index = channels.find(id).unwrap_or_default();
    let control = channels.get(index).and_then(|channel| channel.control());
    let slider = control.filter(|control| control.shape == ControlShape::Slider);
    slider.map(|control| (index, control.clone())).ok_or_else(|| format!("is `{id}`: a slider is needed"))
}

struct Scan {
    hands: Arc<Hands>,
    /// There is one, and both channels, or the arguments had a fault.
    machine: Option<MachineHandle>,
    positions: u64,
    turntable: Option<(usize, ControlSpec)>,
    camera: Option<ChannelId>,
    asker: Principal,
}

#[async_trait(?Send)]
impl Job for Scan {
    async fn run(self: Box<Self>, steps: Steps) -> Result<Option<Arc<str>>, JobError> {
        let Self { hands, machine, positions, turntable, camera, asker } = *self;
        let (Some(machine), Some((channel, control)), Some(camera)) = (machine, turntable, camera) else {
            return Err(JobError::Failed("it was started without a machine".to_owned()));
        };
        let _claim = hands.claims.claim(machine.id(), steps.task())?;
        let folder = format!("{SCANS}/{}", steps.task());
        let album = Album::new(hands.disk.clone(), hands.data.join(&folder));
        let hand = Hand::new(machine.clone(), hands.house.surroundings().clone(), steps, NAME.to_owned(), asker);
        let mut turn = Turn { hand, channel, control, camera, album: album.clone(), positions };
        let unfinished = Unfinished(Some(album));
        match turn.all().await {
            Ok(pictures) => {
                unfinished.take_over();
                Ok(Some(json!({ "folder": folder, "pictures": pictures }).to_string().into()))
            }
            Err(why) => {
                let left = unfinished.take_over();
                on_disk(move || left.iter().for_each(Album::discard)).await?;
                Err(why)
            }
        }
    }
}

/// The pictures of a scan that has not come to its end: they go with it where it crashes or is dropped.
struct Unfinished(Option<Album>);

impl Unfinished {
    fn take_over(mut self) -> Option<Album> {
        self.0.take()
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        // Where the daemon ends as well, they go at the next start.
        if let (Some(album), Ok(runtime)) = (self.0.take(), Handle::try_current()) {
            drop(runtime.spawn_blocking(move || album.discard()));
        }
    }
}

/// Removes what scans left behind whose tasks did not come to their end: the daemon was killed. To be called before any begins.
pub(super) fn tidy(disk: &Disk, data: &Path, tasks: &[Arc<Task>]) {
    let scans = tasks.iter().filter(|task| &*task.name == NAME && task.status != TaskStatus::Completed);
    scans.for_each(|task| discard(disk, &data.join(SCANS).join(task.id.to_string())));
}

/// A turn of the turntable.
struct Turn {
    hand: Hand,
    channel: usize,
    control: ControlSpec,
    camera: ChannelId,
    album: Album,
    positions: u64,
}

/// What became of a try.
enum Tried<T> {
    Done(T),
    /// The task was paused meanwhile.
    Again,
    /// Somebody has to help.
    Stuck(String),
}

impl Turn {
    async fn all(&mut self) -> Result<Vec<Value>, JobError> {
        self.hand.attend()?;
        let mut pictures = Vec::new();
        while (pictures.len() as u64) < self.positions {
            let done = pictures.len() as u64;
            match self.one(done).await? {
                Tried::Done(picture) => pictures.push(picture),
                Tried::Again => self.hand.be_paused().await?,
                Tried::Stuck(why) => self.hand.stand_still(done, self.positions, why).await?,
            }
        }
        // One that was cancelled over its last picture lists none.
        self.hand.steps.check()?;
        Ok(pictures)
    }

    async fn one(&mut self, done: u64) -> Result<Tried<Value>, JobError> {
        if let Some(why) = self.hand.trouble()? {
            return Ok(Tried::Stuck(why));
        }
        let ControlSpec { min, max, .. } = self.control;
        let wanted = min + (max - min) * (done as f64 / self.positions as f64);
        let native = self.control.to_native(self.control.to_fraction(wanted));
        let words = format!("picture {} of {}", done + 1, self.positions);
        self.hand.steps.report(done, self.positions, words);
        match self.turn_to(Target { channel: self.channel, native }).await? {
            Tried::Done(()) => {}
            Tried::Again => return Ok(Tried::Again),
            Tried::Stuck(why) => return Ok(Tried::Stuck(why)),
        }
        let machine = self.hand.machine.clone();
        let picture = match self.hand.steps.unless_told(machine.capture(&self.camera)).await {
            Some(Ok(picture)) => picture,
            Some(Err(error)) => return Ok(Tried::Stuck(error.to_string())),
            None => return Ok(Tried::Again),
        };
        let file = format!("{:04}.{}", done + 1, ending(picture.mime));
        let (album, name) = (self.album.clone(), file.clone());
        Ok(match on_disk(move || album.keep(&name, &picture)).await? {
            Ok(()) => Tried::Done(json!({ "file": file, "position": native })),
            Err(why) => Tried::Stuck(why),
        })
    }

    /// Turns, and waits until a reading shows that it is there: an order counts as done when the move begins.
    async fn turn_to(&mut self, target: Target) -> Result<Tried<()>, JobError> {
        let until = self.hand.now() + TURN_MS_MAX;
        match self.hand.order(target).await? {
            Came::This(Ok(())) => {}
            // On its way it reads back another position.
            Came::This(Err(refusal)) if refusal.code == RefusalCode::WriteFailed => {}
            Came::This(Err(refusal)) => return Ok(Tried::Stuck(self.hand.why_not(target, &refusal)?)),
            Came::Pause => return Ok(Tried::Again),
        }
        if let Some(why) = self.hand.trouble()? {
            return Ok(Tried::Stuck(why));
        }
        let seen = self.hand.readings;
        let near = self.control.step.max((self.control.max - self.control.min) * NEAR);
        loop {
            if let Some(why) = self.hand.trouble()? {
                return Ok(Tried::Stuck(why));
            }
            let shown = self.hand.shown(target.channel);
            if self.hand.readings > seen && shown.is_some_and(|shown| (shown - target.native).abs() <= near) {
                return Ok(Tried::Done(()));
            }
            if self.hand.now() >= until {
                let (at, seconds) =
                    (shown.map_or("nobody knows where".to_owned(), |at| at.to_string()), TURN_MS_MAX / 1000);
                let wanted = target.native;
                return Ok(Tried::Stuck(format!(
                    "the turntable should be at {wanted} and is at {at} after {seconds} s"
                )));
            }
            if matches!(self.hand.wait(Some(until)).await?, Came::Pause) {
                return Ok(Tried::Again);
            }
        }
    }
}

fn ending(mime: &str) -> &'static str {
    match mime {
        "image/png" => "png",
        "image/jpeg" => "jpg",
        _ => "bin",
    }
}

async fn on_disk<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, JobError> {
    tokio::task::spawn_blocking(work).await.map_err(|crash| JobError::Failed(format!("the storage crashed: {crash}")))
}
