//! The driver against devices that behave and devices that do not, over every link.

mod misbehaviour;
mod peer;
mod pty;
mod replies;
mod replugging;
mod servers;
mod shaky;
mod sharing;
mod trial;
mod will;

use std::sync::Arc;

use hearth_actors::driver::{Applied, Driver, DriverError, Sample};
use hearth_actors::logic::gate::{Admitted, Circumstances, admit_control};
use hearth_actors::model::channel::{
    Channel, ChannelKind, ChannelTable, ControlShape, ControlSpec, Failsafe, OutputClass,
};
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::event::Safety;
use hearth_actors::model::ids::{ChannelId, CommandId, EndpointId, MachineId};
use hearth_actors::model::reading::{Missing, MissingReason};
use hearth_actors::model::spec::{DetectionSpec, MachineKind, MachineSpec, SafetySpec};
use hearth_actors::model::units::{Fraction, Unit};

use super::bus::BusDirectory;
use super::factory;
use crate::config::modbus::{ChannelSource, ModbusConfig, Source};

/// A machine under test: its driver and what it is made of.
struct Machine {
    driver: Box<dyn Driver>,
    spec: MachineSpec,
}

/// A channel described as in a configuration file: `source` and `readback` as TOML.
fn channel(id: &str, unit: Unit, source: &str) -> (Channel, ChannelSource) {
    let about = Channel {
        id: ChannelId::parse(id).unwrap(),
        tag: id.into(),
        endpoint: EndpointId::NONE,
        group: "sensors".into(),
        device: None,
        label: id.into(),
        role: None,
        unit,
        kind: ChannelKind::Sensor,
    };
    (about, ChannelSource { source: parsed(source), readback: None })
}

fn control(id: &str, max: f64, source: &str, readback: Option<&str>) -> (Channel, ChannelSource) {
    let (about, wired) = channel(id, Unit::Percent, source);
    let spec = ControlSpec {
        shape: ControlShape::Slider,
        min: 0.0,
        max,
        step: 0.0,
        class: OutputClass::Other,
        failsafe: Failsafe::Value(0.0),
        stop_value: None,
        max_rise_per_s: None,
        has_readback: readback.is_some(),
    };
    let readback = readback.map(parsed);
    (Channel { kind: ChannelKind::Control(spec), ..about }, ChannelSource { readback, ..wired })
}

fn parsed(source: &str) -> Source {
    toml::from_str(&source.replace(", ", "\n")).unwrap()
}

impl Machine {
    fn new(link: &str, channels: Vec<(Channel, ChannelSource)>, buses: &BusDirectory) -> Self {
        let config: ModbusConfig = toml::from_str(link).unwrap();
        let (channels, sources): (Vec<_>, Vec<_>) = channels.into_iter().unzip();
        let spec = MachineSpec {
            id: MachineId::parse("m").unwrap(),
            name: "m".into(),
            kind: MachineKind::Roaster,
            autoconnect: true,
            sampling_interval_ms: 1_000,
            clock_speed: 1.0,
            channels: Arc::new(ChannelTable::new(channels)),
            detection: DetectionSpec::default(),
            alarms: vec![],
            interlocks: vec![],
            safety: SafetySpec::default(),
            verify_heat: None,
        };
        Self { driver: factory(&config, sources, buses)(&spec), spec }
    }

    /// One full reading, as the drive loop takes it, and the first failure in it.
    async fn poll(&mut self) -> (Vec<Result<f64, MissingReason>>, Result<(), DriverError>) {
        let mut sample = Sample::missing(self.spec.channels.len(), MissingReason::NotYet);
        let mut first_failure = Ok(());
        let mut request = 0;
        while request < self.driver.requests() {
            let result = self.driver.read(request, &mut sample).await;
            first_failure = first_failure.and(result);
            request += 1;
        }
        let values = sample.values().iter().map(|v| v.map_err(|Missing { reason, .. }| reason)).collect();
        (values, first_failure)
    }

    async fn values(&mut self) -> Vec<Result<f64, MissingReason>> {
        self.poll().await.0
    }

    async fn apply(&mut self, channel: &str, fraction: f64) -> Result<Applied, DriverError> {
        let order = self.order(channel, fraction);
        self.driver.apply(&order).await
    }

    fn order(&self, channel: &str, fraction: f64) -> Admitted {
        let principal = Principal::everywhere(Actor::Rest, UserRole::Operator);
        let safety = Safety::default();
        let now = Circumstances { spec: &self.spec, values: &[], connected: true, safety: &safety };
        admit_control(&principal, CommandId(1), None, channel, Fraction::clamped(fraction), &now).unwrap()
    }
}
