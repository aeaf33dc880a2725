//! One machine as it is written, in TOML and JSON alike, and how it becomes the heart's [`MachineSpec`].

use std::sync::Arc;

use hearth_actors::model::channel::{Channel, ChannelTable, Role};
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::{MachineKind, MachineSpec, SafetySpec, VerifyHeat};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::channel::{ChannelConfig, in_words};
use super::detection::DetectionConfig;
use super::driver::DriverConfig;
use super::faults::Faults;
use super::interlocks::{InterlockConfig, check_no_fight};
use super::modbus::ChannelSource;
use super::parse::parse_leniently;
use super::rules::AlarmConfig;
use super::simulator;

/// Time between readings where nothing is said. Unit: ms.
const SAMPLING_INTERVAL_MS: u64 = 1_000;

/// How long the heat of a roaster may be on with nobody watching, where nothing is said. Source: safety design, outputs. Unit: ms.
const OPERATOR_LOSS_MS: u64 = 120_000;

/// How long heat may be wrong where nothing is said: beans cool a drum for less. Unit: ms.
const VERIFY_HEAT_MS: u64 = 240_000;

/// Longest name, so that it fits on a tile.
const NAME_CHARS_MAX: usize = 80;

/// A machine as it is written.
///
/// What was left out stays left out when it is written again; defaults come in with [`MachineConfig::to_spec`].
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MachineConfig {
    /// Unique in the daemon: `[a-z0-9][a-z0-9-]{0,63}`.
    pub id: String,
    /// Shown to people; the id in words where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it is.
    #[serde(default)]
    pub kind: KindConfig,
    /// Connect as soon as the machine starts.
    #[serde(default = "default_autoconnect")]
    pub autoconnect: bool,
    /// Time between readings on the machine's clock. Unit: ms, 50 to 60000.
    #[serde(default = "default_sampling_interval_ms")]
    pub sampling_interval_ms: u64,
    /// How much faster than real time the machine's clock runs, 0.1 to 100: for demonstrations and tests with a device that is
    /// played. A simulator has `driver.speed` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_speed: Option<f64>,
    /// What talks to it.
    pub driver: DriverConfig,
    /// Its sensors and controls; those of the simulator where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub channels: Vec<ChannelConfig>,
    /// Which marks are found automatically.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detection: Option<DetectionConfig>,
    /// Alarms.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alarms: Vec<AlarmConfig>,
    /// Interlocks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub interlocks: Vec<InterlockConfig>,
    /// Figures of the safety design. Kept with the machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub safety: Option<SafetyConfig>,
}

/// What a machine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "MachineKindConfig")]
pub enum KindConfig {
    /// Coffee roaster.
    #[default]
    Roaster,
    /// Brew kettle.
    Kettle,
    /// Control panel.
    Panel,
    /// Lab rig.
    Rig,
    /// Scanner.
    Scanner,
}

/// Figures of the safety design.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SafetyConfig {
    /// How long a sensor that heat depends on may be lost. Unit: ms of real time, 1000 to 600000; three readings where absent, but at
    /// least 3000. A machine that sends by itself is judged by `stale_after_ms` of its driver.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_sensor_loss_ms: Option<u64>,
    /// How long heat may be on with nobody watching. Unit: ms, 10000 to 3600000; 0 for ever. 120000 where absent, if the machine is a
    /// roaster and no simulation, else for ever.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator_loss_ms: Option<u64>,
    /// How long heat may fail to come, or come unasked, before that is an alarm. Unit: ms, 30000 to 3600000; 0 for ever. Where absent 240000 for
    /// a roaster, 0 for others, of which nobody knows what their heaters heat.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_heat_ms: Option<u64>,
    /// Whether such an alarm stops the machine as well.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verify_heat_trip: Option<bool>,
}

impl SafetyConfig {
    fn verify_heat(self, kind: KindConfig) -> Option<VerifyHeat> {
        let usual_ms = if kind == KindConfig::Roaster { VERIFY_HEAT_MS } else { 0 };
        let within_ms = self.verify_heat_ms.unwrap_or(usual_ms);
        (within_ms > 0).then_some(VerifyHeat { within_ms, trip: self.verify_heat_trip.unwrap_or(false) })
    }
}

impl MachineConfig {
    /// Reads and checks a machine.
    ///
    /// # Errors
    /// Every fault with its JSON pointer.
    pub fn parse(document: Value) -> Result<Self, Faults> {
        let (machine, faults) = Self::parse_leniently(document);
        match machine {
            Some(machine) => faults.unless_any(machine),
            None => Err(faults),
        }
    }

    /// Reads as far as possible.
    pub(super) fn parse_leniently(document: Value) -> (Option<Self>, Faults) {
        let (machine, mut faults) = parse_leniently::<Self>(document);
        if let Some(machine) = &machine {
            // A placeholder for a driver says nothing about the channels.
            let driver = (!faults.concern("/driver") && !faults.concern("/driver/type")).then_some(&machine.driver);
            let (_, part) = machine.build(driver);
            faults.absorb("", part);
        }
        (machine, faults)
    }

    /// The machine for the heart: defaults filled in, limits in internal units.
    ///
    /// # Errors
    /// Every fault with its JSON pointer.
    pub fn to_spec(&self) -> Result<MachineSpec, Faults> {
        let (spec, faults) = self.build(Some(&self.driver));
        match spec {
            Some(spec) => faults.unless_any(spec),
            None => Err(faults),
        }
    }

    /// The spec, if the ids in it are usable, and every fault. Without a driver what depends on it is not checked.
    fn build(&self, driver: Option<&DriverConfig>) -> (Option<MachineSpec>, Faults) {
        let mut faults = Faults::new();
        let id = MachineId::parse(&self.id).map_err(|bad| faults.add("/id", bad.to_string())).ok();
        self.check_own(&mut faults);
        if let Some(driver) = driver {
            driver.check("/driver", &mut faults);
            if matches!(driver, DriverConfig::Simulator(_)) && self.clock_speed.is_some() {
                faults.add("/clock_speed", "leave it out and set speed in the driver section: a simulator has its own");
            }
        }
        let channels = Arc::new(self.to_channels(driver, &mut faults));
        let alarms = self.alarms.iter().enumerate();
        let alarms =
            alarms.filter_map(|(i, a)| a.to_rule(&channels, &format!("/alarms/{i}"), &mut faults)).collect::<Vec<_>>();
        let interlocks = self.interlocks.iter().enumerate();
        let interlocks = interlocks
            .filter_map(|(i, a)| a.to_rule(&channels, &format!("/interlocks/{i}"), &mut faults))
            .collect::<Vec<_>>();
        twice("/alarms", "id", self.alarms.iter().map(|a| a.id.as_str()), &mut faults);
        check_no_fight(&self.interlocks, &mut faults);
        twice("/interlocks", "id", self.interlocks.iter().map(|a| a.id.as_str()), &mut faults);
        for (i, interlock) in self.interlocks.iter().enumerate() {
            if let Some(alarm) = self.alarms.iter().position(|alarm| alarm.id == interlock.id && !alarm.id.is_empty()) {
                let words = format!(
                    "`{}` is taken by alarms[{alarm}]: an interlock that blocks is an alarm, use another",
                    interlock.id
                );
                faults.add(format!("/interlocks/{i}/id"), words);
            }
        }
        let detection = self.detection.unwrap_or_default().to_spec("/detection", &mut faults);
        let spec = id.map(|id| MachineSpec {
            name: self.name.clone().unwrap_or_else(|| in_words(id.as_str())),
            id,
            kind: self.kind.to_model(),
            autoconnect: self.autoconnect,
            sampling_interval_ms: self.sampling_interval_ms,
            clock_speed: self.clock_speed.or(driver.map(DriverConfig::clock_speed)).unwrap_or(1.0),
            channels,
            detection,
            alarms,
            interlocks,
            safety: self.safety_spec(driver),
            verify_heat: self.safety.unwrap_or_default().verify_heat(self.kind),
        });
        (spec, faults)
    }

    /// What holds, with its defaults filled in.
    fn safety_spec(&self, driver: Option<&DriverConfig>) -> SafetySpec {
        let SafetyConfig { on_sensor_loss_ms, operator_loss_ms, .. } = self.safety.unwrap_or_default();
        let burns = self.kind == KindConfig::Roaster && !matches!(driver, Some(DriverConfig::Simulator(_)));
        let operator_loss_ms = operator_loss_ms.unwrap_or(if burns { OPERATOR_LOSS_MS } else { 0 });
        let usual = SafetySpec::usual_sensor_loss_ms(self.sampling_interval_ms);
        SafetySpec {
            sensor_loss_ms: on_sensor_loss_ms.unwrap_or(usual),
            operator_loss_ms: (operator_loss_ms > 0).then_some(operator_loss_ms),
        }
    }

    fn check_own(&self, faults: &mut Faults) {
        if let Some(name) = &self.name
            && (name.trim().is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control))
        {
            faults.add("/name", format!("use 1 to {NAME_CHARS_MAX} characters, or leave it out"));
        }
        if !(50..=60_000).contains(&self.sampling_interval_ms) {
            faults.add("/sampling_interval_ms", "use 50 to 60000 ms; 1000 suits most roasters");
        }
        if self.clock_speed.is_some_and(|speed| !(0.1..=100.0).contains(&speed)) {
            faults.add("/clock_speed", "use 0.1 to 100; leave it out for real machines");
        }
        let safety = self.safety.unwrap_or_default();
        if safety.on_sensor_loss_ms.is_some_and(|ms| !(1_000..=600_000).contains(&ms)) {
            faults.add("/safety/on_sensor_loss_ms", "use 1000 to 600000 ms");
        }
        if safety.verify_heat_ms.is_some_and(|ms| ms != 0 && !(30_000..=3_600_000).contains(&ms)) {
            faults.add("/safety/verify_heat_ms", "use 30000 to 3600000 ms, or 0 not to look after heat");
        }
        if safety.operator_loss_ms.is_some_and(|ms| ms != 0 && !(10_000..=3_600_000).contains(&ms)) {
            faults.add("/safety/operator_loss_ms", "use 10000 to 3600000 ms, or 0 to let heat go on for ever");
        }
    }

    fn to_channels(&self, driver: Option<&DriverConfig>, faults: &mut Faults) -> ChannelTable {
        let known = match driver {
            Some(DriverConfig::Simulator(config)) => Some(simulator::known_channels(config.model)),
            Some(DriverConfig::Modbus(_) | DriverConfig::Push(_)) | None => None,
        };
        if self.channels.is_empty() {
            if matches!(driver, Some(DriverConfig::Modbus(_))) {
                faults.add("/channels", "is missing: a Modbus machine needs at least one channel");
            }
            if matches!(driver, Some(DriverConfig::Push(_))) {
                faults
                    .add("/channels", "is missing: name each channel that the controller sends or sets, with its tag");
            }
            return ChannelTable::new(known.map(|known| self.tagged(known)).unwrap_or_default());
        }
        let mut table = Vec::with_capacity(self.channels.len());
        for (i, channel) in self.channels.iter().enumerate() {
            let pointer = format!("/channels/{i}");
            let like = known.as_deref().and_then(|known| known.iter().find(|k| k.id.as_str() == channel.id));
            if let (Some(known), None) = (&known, like) {
                let ids: Vec<&str> = known.iter().map(|k| k.id.as_str()).collect();
                let detail = format!("the simulator has no channel `{}`; it has {}", channel.id, ids.join(", "));
                faults.add(format!("{pointer}/id"), detail);
            }
            table.extend(channel.to_channel(&self.id, driver, like, &pointer, faults));
        }
        twice("/channels", "id", self.channels.iter().map(|c| c.id.as_str()), faults);
        super::address::check_each_is_unique(self, faults);
        for (role, word) in [(Role::Bt, "bt"), (Role::Et, "et")] {
            if table.iter().filter(|c| c.role == Some(role)).count() > 1 {
                faults.add("/channels", format!("more than one channel has the role {word}: keep one"));
            }
        }
        ChannelTable::new(table)
    }

    fn tagged(&self, mut channels: Vec<Channel>) -> Vec<Channel> {
        for channel in &mut channels {
            channel.tag = format!("{}.{}", self.id, channel.id);
        }
        channels
    }

    /// The Modbus side of every channel, by channel index. Of a document that was checked; a channel without one is left out of
    /// no index, because the check refuses it.
    pub fn modbus_sources(&self) -> Vec<ChannelSource> {
        self.channels
            .iter()
            .filter_map(|channel| {
                Some(ChannelSource { source: channel.source.clone()?, readback: channel.readback.clone() })
            })
            .collect()
    }
}

impl KindConfig {
    fn to_model(self) -> MachineKind {
        match self {
            Self::Roaster => MachineKind::Roaster,
            Self::Kettle => MachineKind::Kettle,
            Self::Panel => MachineKind::Panel,
            Self::Rig => MachineKind::Rig,
            Self::Scanner => MachineKind::Scanner,
        }
    }
}

/// Adds a fault for each text that stood before; empty ones are not compared.
fn twice<'a>(list: &str, key: &str, texts: impl Iterator<Item = &'a str>, faults: &mut Faults) {
    let mut seen: Vec<&str> = Vec::new();
    for (i, text) in texts.enumerate() {
        match seen.iter().position(|known| *known == text) {
            Some(first) if !text.is_empty() => {
                let place = list.trim_start_matches('/');
                faults.add(format!("{list}/{i}/{key}"), format!("`{text}` is taken by {place}[{first}]: use another"));
            }
            _ => {}
        }
        seen.push(text);
    }
}

fn default_autoconnect() -> bool {
    true
}

fn default_sampling_interval_ms() -> u64 {
    SAMPLING_INTERVAL_MS
}

#[cfg(test)]
mod tests;
