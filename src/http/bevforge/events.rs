//! The pushes of the socket as Server-Sent Events, for clients that only listen. The `id:` of an event says how far its reader
//! knows each machine, so one that comes back with it misses nothing that the rings still hold.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::future::{self, LocalBoxFuture};
use futures_util::{FutureExt, StreamExt, stream};
use hearth_actors::client::{Budget, Client, Reaction};
use hearth_actors::dialect::Frame;
use hearth_actors::logic::lease::Identity;
use hearth_actors::model::command::UserRole;
use hearth_actors::model::ids::{MachineId, Seq};
use hearth_actors::runtime::bus::Published;
use hearth_actors::runtime::clock::wall_now;
use hearth_actors::slot::MachineHandle;
use hearth_actors::system::view::SeenRoster;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior};
use tokio_stream::StreamMap;
use tokio_stream::wrappers::BroadcastStream;
use tokio_util::sync::WaitForCancellationFutureOwned;

use super::{Answer, Complaint};
use crate::access::bearer::Bearer;
use crate::dialects::bevforge::BevForge;
use crate::http::door::{Granted, address, granted};
use crate::http::lobby::{Card, Presence};
use crate::http::seen::Seen;
use crate::http::state::{AppState, Seat};
use crate::http::websocket::entrances::bevforge_viewer;
use crate::wire::fields::shortened;

/// Header with the last `id:` that a reader has. Source: WHATWG HTML 9.2.
const LAST_EVENT_ID: &str = "Last-Event-ID";
/// How often there is a sign of life. Source: wire contract 3.
const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// When a reader that was cut comes back. Source: the document's client. Unit: ms.
const RETRY_MS: u32 = 3_000;
/// Events taken from a ring at a time.
const LOT: usize = 128;
/// The other topics that a reader may hear of besides channels.
const OTHER_TOPICS: usize = 2;

/// What a reader wants to hear.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Wish {
    channels: Option<String>,
    endpoint_ids: Option<String>,
}

/// `GET /api/os/events`
pub async fn follow(request: HttpRequest, wish: Query<Wish>, seen: Seen, state: Data<AppState>) -> Answer {
    let wanted = wish.wanted(state.limits.subscriptions)?;
    let address = address(&request);
    let role = granted(&request).bearer.ok().map(|bearer| bearer.role);
    let full = |full: crate::http::state::NoSeat| {
        Complaint::new(StatusCode::SERVICE_UNAVAILABLE, "Too many connections", full.to_string())
    };
    let seat = state.seats.take(address, role, &state.limits).map_err(full)?;
    let first = seen.first_seq();
    let known = request.headers().get(LAST_EVENT_ID).map(|id| known(id.to_str().unwrap_or_default(), first));
    let mut reader = Reader::new(&seen, &state, wanted, known, seat);
    if let Granted { bearer: Ok(bearer), credential, .. } = granted(&request) {
        let (presence, dismissed) = state.lobby.listen(card(&reader, &bearer, address.to_string()));
        reader.presence = Some(presence);
        reader.over = match credential {
            Some(credential) => future::select(Box::pin(dismissed), Box::pin(state.access.end_of(credential, bearer)))
                .map(drop)
                .boxed_local(),
            None => dismissed.boxed_local(),
        };
    }
    let told = stream::unfold(reader, |mut reader| async { Some((Ok::<_, Infallible>(reader.next().await?), reader)) });
    Ok(HttpResponse::Ok()
        .content_type("text/event-stream")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .insert_header(("X-Accel-Buffering", "no"))
        .streaming(told))
}

/// How a reader is shown to admins.
fn card(reader: &Reader, bearer: &Bearer, address: String) -> Card {
    Card {
        who: bearer.who.label(),
        role: bearer.role,
        address,
        name: reader.client.viewer().principal.actor.label().to_owned(),
        client: reader.client.viewer().client.clone(),
        dialect: reader.client.dialect(),
        machine: None,
        since: wall_now(),
    }
}

impl Wish {
    /// The subscriptions that it stands for, as a socket would send them.
    fn wanted(&self, most: usize) -> Result<Vec<String>, Complaint> {
        let endpoints = self.endpoint_ids.as_deref().map(numbers).transpose()?;
        if endpoints.as_ref().is_some_and(|endpoints| endpoints.len() + OTHER_TOPICS > most) {
            let message =
                format!("at most {} endpointIds: leave them out to hear of all", most.saturating_sub(OTHER_TOPICS));
            return Err(Complaint::invalid("Too many endpointIds", message));
        }
        let channels = self.channels.as_deref().unwrap_or("telemetry,alarms,commands");
        let subscription = |channel: &str| match channel.trim() {
            "telemetry" => Ok(json!({ "type": "subscribe", "channel": "telemetry", "endpointIds": endpoints })),
            other @ ("alarms" | "commands") => Ok(json!({ "type": "subscribe", "channel": other })),
            other => {
                let words = "telemetry, alarms and commands are known";
                let message = format!("channels names \"{}\": {words}", shortened(other));
                Err(Complaint::invalid("Invalid channels parameter", message))
            }
        };
        let mut wanted: Vec<String> = Vec::new();
        for channel in channels.split(',') {
            let one: Value = subscription(channel)?;
            let one = one.to_string();
            // Each is told what holds now, and a query must not ask for that a thousand times.
            if !wanted.contains(&one) {
                wanted.push(one);
            }
        }
        Ok(wanted)
    }
}

fn numbers(written: &str) -> Result<Vec<u32>, Complaint> {
    let number = |text: &str| {
        text.trim().parse().map_err(|_| {
            let message =
                format!("endpointIds names \"{}\": whole numbers with commas between are needed", shortened(text));
            Complaint::invalid("Invalid endpointIds parameter", message)
        })
    };
    written.split(',').map(number).collect()
}

/// How far each machine is known.
type Known = BTreeMap<MachineId, Seq>;

/// Reads an `id:`. What cannot be read is not known: then the reader gets what holds now. Neither is what came before this run
/// of the daemon: not all of that was kept.
fn known(id: &str, first: Seq) -> Known {
    let one = |part: &str| {
        let (machine, seq) = part.split_once(':')?;
        Some((MachineId::parse(machine).ok()?, Seq(seq.parse().ok()?)))
    };
    id.split(',').filter_map(one).filter(|(_, seq)| *seq >= first).collect()
}

/// One who listens.
struct Reader {
    client: Client,
    wanted: Vec<String>,
    /// In the order of the client's machines.
    stages: Vec<Stage>,
    news: StreamMap<MachineId, BroadcastStream<Arc<Published>>>,
    roster: SeenRoster,
    comment: Interval,
    closing: Pin<Box<WaitForCancellationFutureOwned>>,
    /// Its login has ended, or an admin wants it to go.
    over: LocalBoxFuture<'static, ()>,
    presence: Option<Presence>,
    waiting: VecDeque<Bytes>,
    _seat: Seat,
}

/// What of a machine is still to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing.
    Current,
    /// The ring may have more.
    Behind,
    /// The ring may have forgotten some of it.
    Doubtful,
}

impl Reader {
    fn new(seen: &Seen, state: &AppState, wanted: Vec<String>, known: Option<Known>, seat: Seat) -> Self {
        let mut roster = seen.roster();
        let machines = roster.now();
        // What happens after this is not lost; what happened before is in the snapshots.
        let news = machines.iter().map(|machine| (machine.id().clone(), listen(machine))).collect();
        let (limit, now) = (state.limits.subscriptions, wall_now());
        let dialect = Box::new(BevForge::new(seen.ledger().clone()));
        // It only reads, so nobody who could steer is there by it.
        let mut viewer = bevforge_viewer();
        viewer.principal.role = UserRole::Viewer;
        let (client, greeting) = Client::attach(dialect, viewer, Identity::Passing, machines.to_vec(), limit, now);
        let mut comment = tokio::time::interval_at(tokio::time::Instant::now() + COMMENT_EVERY, COMMENT_EVERY);
        comment.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut reader = Self {
            client,
            wanted,
            stages: vec![Stage::Behind; machines.len()],
            news,
            roster,
            comment,
            closing: Box::pin(state.lobby.closing()),
            over: future::pending().boxed_local(),
            presence: None,
            waiting: VecDeque::from([Bytes::from(format!("retry: {RETRY_MS}\n\n"))]),
            _seat: seat,
        };
        reader.begin(greeting, known, &machines);
        reader
    }

    /// Greets; then goes on where a reader was, or tells what holds now.
    fn begin(&mut self, greeting: Vec<Frame>, known: Option<Known>, machines: &[MachineHandle]) {
        self.waiting.extend(greeting.iter().map(|frame| event(frame, None)));
        let current = self.subscribe();
        match known {
            None => self.tell(&current),
            Some(known) => {
                for (place, machine) in machines.iter().enumerate() {
                    self.client.knows(place, known.get(machine.id()).copied());
                    self.stages[place] = Stage::Doubtful;
                }
            }
        }
    }

    /// Subscribes to all that is wanted: per subscription its answer, then what holds now.
    fn subscribe(&mut self) -> Vec<Frame> {
        let now = wall_now();
        let client = &mut self.client;
        let answers = self.wanted.iter().map(|wanted| match client.text(wanted, Budget::Left, now) {
            Reaction::Answer(frames) => frames,
            _ => Vec::new(),
        });
        answers.flatten().collect()
    }

    /// What is sent next; `None` once the daemon stops or the login has ended.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            // Also one who always has something to hear.
            if (&mut self.over).now_or_never().is_some() {
                return None;
            }
            self.catch_up();
            if let Some(bytes) = self.waiting.pop_front() {
                return Some(bytes);
            }
            tokio::select! {
                () = self.closing.as_mut() => return None,
                () = &mut self.over => return None,
                _ = self.comment.tick() => {
                    return Some(Bytes::from(format!(": still here\nid: {}\n\n", self.cursor())));
                }
                changed = self.roster.changed() => {
                    changed.ok()?;
                    self.follow();
                }
                Some((machine, news)) = self.news.next() => {
                    let stage = if news.is_ok() { Stage::Behind } else { Stage::Doubtful };
                    if let Some(place) = self.client.place_of(&machine) {
                        self.stages[place] = stage.max_with(self.stages[place]);
                    }
                }
            }
        }
    }

    /// Puts the next lot of what happened in line.
    fn catch_up(&mut self) {
        let machines: Vec<MachineHandle> = self.client.machines().cloned().collect();
        if self.waiting.is_empty() && !self.is_whole(&machines) {
            return self.start_over(&machines);
        }
        for (place, machine) in machines.iter().enumerate() {
            while self.waiting.is_empty() && self.stages[place] == Stage::Behind {
                let lot = machine.bus().after(self.client.told(place), LOT);
                if lot.is_empty() {
                    self.stages[place] = Stage::Current;
                }
                lot.iter().for_each(|published| self.take(place, published));
            }
        }
    }

    /// Whether all that happened since is still there, as far as that was in doubt.
    fn is_whole(&mut self, machines: &[MachineHandle]) -> bool {
        for (place, (stage, machine)) in self.stages.iter_mut().zip(machines).enumerate() {
            if *stage == Stage::Doubtful {
                let told = self.client.told(place);
                let last = machine.bus().look(|snapshot| snapshot.seq);
                let oldest = machine.bus().recent(|_| false).oldest.map(|oldest| oldest.event.seq);
                let follows = oldest.is_some_and(|oldest| told.is_some_and(|seq| oldest <= seq.next()));
                if told != last && (told > last || !follows) {
                    return false;
                }
                *stage = Stage::Behind;
            }
        }
        true
    }

    /// Some of it is forgotten: says so, and tells what holds now.
    fn start_over(&mut self, machines: &[MachineHandle]) {
        for (place, machine) in machines.iter().enumerate() {
            self.client.knows(place, machine.bus().look(|snapshot| snapshot.seq));
            self.stages[place] = Stage::Behind;
        }
        let words = ": events are missing: older ones are no longer kept; what holds now follows\n";
        self.waiting.push_back(Bytes::from(format!("{words}event: gap\ndata: {{\"type\":\"gap\"}}\n\n")));
        let current = self.subscribe();
        self.tell(&current);
    }

    fn take(&mut self, place: usize, published: &Published) {
        if self.client.takes(place, published) {
            let frames = self.client.frames(published);
            self.tell(&frames);
        }
    }

    /// Puts frames in line; the last one says how far everything is known.
    fn tell(&mut self, frames: &[Frame]) {
        if let Some((last, before)) = frames.split_last() {
            self.waiting.extend(before.iter().map(|frame| event(frame, None)));
            let cursor = self.cursor();
            self.waiting.push_back(event(last, Some(&cursor)));
        }
    }

    fn cursor(&self) -> String {
        let machines = self.client.machines().enumerate();
        let parts = machines.filter_map(|(place, of)| Some(format!("{}:{}", of.id(), self.client.told(place)?.0)));
        parts.collect::<Vec<_>>().join(",")
    }

    /// Follows the machines that came, and no more those that went.
    fn follow(&mut self) {
        let machines = self.roster.now();
        for place in (0..self.stages.len()).rev() {
            let gone = self
                .client
                .machines()
                .nth(place)
                .filter(|followed| !machines.iter().any(|machine| Arc::ptr_eq(machine.bus(), followed.bus())));
            if let Some(gone) = gone {
                self.news.remove(gone.id());
                self.client.leave(place);
                self.stages.remove(place);
            }
        }
        for machine in
            machines.iter().filter(|machine| self.client.place_of(machine.id()).is_none()).collect::<Vec<_>>()
        {
            self.news.insert(machine.id().clone(), listen(machine));
            let place = self.client.join(machine.clone());
            self.client.knows(place, None);
            self.stages.push(Stage::Behind);
        }
    }
}

impl Stage {
    fn max_with(self, other: Self) -> Self {
        if other == Self::Doubtful { other } else { self }
    }
}

fn listen(machine: &MachineHandle) -> BroadcastStream<Arc<Published>> {
    BroadcastStream::new(machine.bus().subscribe())
}

/// One event of the stream.
fn event(frame: &Frame, cursor: Option<&str>) -> Bytes {
    let id = cursor.map(|cursor| format!("id: {cursor}\n")).unwrap_or_default();
    Bytes::from(format!("{id}data: {frame}\n\n"))
}
