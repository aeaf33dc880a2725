//! What there is: channels as endpoints, machines as tiles.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use hearth_actors::model::channel::{Channel, ControlShape, Role};
use hearth_actors::model::connection::DriverState;
use hearth_actors::model::ids::EndpointId;
use hearth_actors::model::snapshot::Snapshot;
use hearth_actors::slot::MachineHandle;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::telemetry::Latest;
use super::{Answer, Complaint, Paged, Turn, includes};
use crate::http::rest::machines::find;
use crate::http::seen::Seen;
use crate::wire::fields::shortened;
use crate::wire::words::MachineKind;

/// Rows of a list where nobody says. Source: facts about the protocols, 2.3.
const USUAL_ENDPOINTS: usize = 100;
const USUAL_TILES: usize = 500;
/// Tiles in a row, and how wide and high each is.
const TILES_ABREAST: usize = 4;
const TILE_SIDE: usize = 2;

/// A channel.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Endpoint {
    /// Its number, for good.
    pub id: u32,
    /// Its machine.
    pub node_id: String,
    /// The same, as another edition of that server calls it.
    pub controller_id: String,
    /// Shown to people.
    pub name: String,
    /// Unique in its machine.
    pub channel_id: String,
    /// `AI`, `AO` or `DO`.
    pub endpoint_kind: &'static str,
    /// `input` or `output`.
    pub direction: &'static str,
    /// `bool` or `float`.
    pub value_type: &'static str,
    /// Native unit.
    pub unit: String,
    /// Lowest value that can be written.
    pub min: Option<f64>,
    /// Highest value that can be written.
    pub max: Option<f64>,
    /// `active` while its machine is connected, else `inactive`.
    pub status: &'static str,
    /// When its value was last taken. RFC 3339, UTC.
    pub last_seen_at: Option<String>,
    /// The same for what is read, as another edition of that server calls it.
    pub last_read: Option<String>,
    /// The same for what is written.
    pub last_write: Option<String>,
    /// Unique in the daemon.
    pub tag: String,
    /// What pages show it among.
    pub group: String,
    /// Its last value, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current: Option<Latest>,
}

impl Endpoint {
    /// The channels of a machine.
    fn of(machine: &Snapshot) -> Vec<Self> {
        let latest = Latest::of(machine);
        let channels = machine.channels.iter().filter(|(_, channel)| channel.endpoint != EndpointId::NONE);
        channels.zip(latest).map(|((_, channel), latest)| Self::new(machine, channel, latest)).collect()
    }

    fn new(machine: &Snapshot, channel: &Channel, latest: Latest) -> Self {
        let control = channel.control();
        let (kind, value_type) = match control.map(|control| control.shape) {
            Some(ControlShape::Toggle { .. }) => ("DO", "bool"),
            Some(ControlShape::Slider) => ("AO", "float"),
            None => ("AI", "float"),
        };
        let seen = machine.read_at.map(|_| latest.timestamp.clone());
        Self {
            id: channel.endpoint.0,
            node_id: machine.machine.to_string(),
            controller_id: machine.machine.to_string(),
            name: channel.label.clone(),
            channel_id: channel.id.to_string(),
            endpoint_kind: kind,
            direction: direction(channel),
            value_type,
            unit: channel.unit.to_string(),
            min: control.map(|control| control.min),
            max: control.map(|control| control.max),
            status: status(machine),
            last_read: seen.clone().filter(|_| control.is_none()),
            last_write: seen.clone().filter(|_| control.is_some()),
            last_seen_at: seen,
            tag: channel.tag.clone(),
            group: channel.group.clone(),
            current: Some(latest),
        }
    }
}

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tile {
    /// The machine's id.
    pub id: String,
    /// What it is.
    pub tile_type: MachineKind,
    /// Shown to people.
    pub name: String,
    /// Column of its left edge.
    pub x: usize,
    /// Row of its upper edge.
    pub y: usize,
    /// Columns.
    pub w: usize,
    /// Rows.
    pub h: usize,
    /// Always `null`: machines do not lie in one another.
    pub parent_tile_id: Option<String>,
    /// Always `null`.
    pub group_id: Option<String>,
    /// `active` while it is connected, else `inactive`.
    pub status: &'static str,
    /// Nothing.
    pub config: NoConfig,
}

/// Nothing is configured here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NoConfig {}

/// A channel of a tile.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Binding {
    /// The channel's number.
    pub id: u32,
    /// The tile.
    pub tile_id: String,
    /// The channel's number.
    pub endpoint_id: u32,
    /// `bt` or `et`, else the channel's id.
    pub binding_role: String,
    /// `input` or `output`.
    pub direction: &'static str,
    /// Its place among the machine's channels.
    pub priority: usize,
    /// Always `null`: values are native.
    pub transform_input: Option<String>,
    /// Always `null`.
    pub transform_output: Option<String>,
}

/// A tile with what hangs on it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TileView {
    /// The tile.
    pub tile: Tile,
    /// Its channels.
    pub bindings: Vec<Binding>,
    /// Always empty.
    pub children: Vec<Tile>,
    /// Always `null`.
    pub group: Option<String>,
    /// Its channels' last values, if they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_values: Option<Vec<CurrentValue>>,
}

/// The last value of a channel of a tile.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CurrentValue {
    /// The channel.
    pub endpoint_id: u32,
    /// Its last value; `null` before the first.
    pub current: Option<Latest>,
}

/// Which endpoints are wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Which {
    node_id: Option<String>,
    kind: Option<String>,
    include: Option<String>,
}

/// What is wanted of a tile besides.
#[derive(Debug, Deserialize)]
pub struct Besides {
    include: Option<String>,
}

/// `GET /api/os/endpoints`
pub async fn endpoints(which: Query<Which>, turn: Query<Turn>, seen: Seen) -> Answer {
    let machines = seen.machines();
    let mut rows: Vec<Endpoint> = machines.iter().flat_map(|machine| Endpoint::of(&machine.bus().snapshot())).collect();
    rows.retain(|row| which.node_id.as_ref().is_none_or(|node| row.node_id == *node));
    rows.retain(|row| which.kind.as_ref().is_none_or(|kind| row.endpoint_kind.eq_ignore_ascii_case(kind)));
    rows.sort_by_key(|row| row.id);
    if !includes(&which.include, "current") {
        rows.iter_mut().for_each(|row| row.current = None);
    }
    turn.rows(rows, USUAL_ENDPOINTS)
}

/// `GET /api/os/tiles`
pub async fn tiles(turn: Paged, seen: Seen) -> Answer {
    turn.rows(all_tiles(&seen.machines()), USUAL_TILES)
}

/// `GET /api/os/tiles/{id}`
pub async fn tile(path: Path<String>, besides: Query<Besides>, seen: Seen) -> Answer {
    let unknown = || {
        let message = format!("No tile found with id {}", shortened(&path));
        Complaint::new(StatusCode::NOT_FOUND, "Tile not found", message)
    };
    let machine = find(&seen, &path).map_err(|_| unknown())?;
    let tiles = all_tiles(&seen.machines());
    let tile = tiles.into_iter().find(|tile| tile.id == machine.id().as_str()).ok_or_else(unknown)?;
    let snapshot = machine.bus().snapshot();
    let current_values = includes(&besides.include, "current").then(|| {
        let latest = Latest::of(&snapshot).into_iter();
        let known = snapshot.last_reading.is_some();
        latest
            .map(|latest| CurrentValue { endpoint_id: latest.endpoint_id, current: known.then_some(latest) })
            .collect()
    });
    let bindings = bindings(&snapshot);
    Ok(HttpResponse::Ok().json(TileView { tile, bindings, children: Vec::new(), group: None, current_values }))
}

fn all_tiles(machines: &[MachineHandle]) -> Vec<Tile> {
    machines.iter().enumerate().map(|(place, machine)| one_tile(place, machine)).collect()
}

fn one_tile(place: usize, machine: &MachineHandle) -> Tile {
    let spec = machine.spec();
    Tile {
        id: machine.id().to_string(),
        tile_type: spec.kind.into(),
        name: spec.name.clone(),
        x: place % TILES_ABREAST * TILE_SIDE,
        y: place / TILES_ABREAST * TILE_SIDE,
        w: TILE_SIDE,
        h: TILE_SIDE,
        parent_tile_id: None,
        group_id: None,
        status: machine.bus().look(status),
        config: NoConfig {},
    }
}

fn bindings(machine: &Snapshot) -> Vec<Binding> {
    let channels = machine.channels.iter().filter(|(_, channel)| channel.endpoint != EndpointId::NONE);
    channels
        .map(|(index, channel)| Binding {
            id: channel.endpoint.0,
            tile_id: machine.machine.to_string(),
            endpoint_id: channel.endpoint.0,
            binding_role: match channel.role {
                Some(Role::Bt) => "bt".to_owned(),
                Some(Role::Et) => "et".to_owned(),
                None => channel.id.to_string(),
            },
            direction: direction(channel),
            priority: index,
            transform_input: None,
            transform_output: None,
        })
        .collect()
}

fn direction(channel: &Channel) -> &'static str {
    if channel.control().is_some() { "output" } else { "input" }
}

fn status(machine: &Snapshot) -> &'static str {
    if machine.connection.state == DriverState::Connected { "active" } else { "inactive" }
}
