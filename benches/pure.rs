//! The pure parts on the way of a reading, one by one: what a machine's thread, a client and the recorder compute.
//!
//! The machine is the simulated roaster with its nine channels; the roast has 20 minutes at one reading per second.

mod support;

use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use criterion::{BatchSize, Criterion};
use hearth::config::machine::MachineConfig;
use hearth::dialects::openroast::OpenRoast;
use hearth::storage::clock::SystemClock;
use hearth::storage::disk::Disk;
use hearth::storage::store::Store;
use hearth_actors::archive::Archive;
use hearth_actors::dialect::{Dialect as _, Viewer};
use hearth_actors::logic::cadence::Cadence;
use hearth_actors::logic::detection::Detector;
use hearth_actors::logic::profile::assemble;
use hearth_actors::logic::rate::{ROAST_WINDOW_MS, RateOfRise};
use hearth_actors::model::command::{Actor, Principal, UserRole};
use hearth_actors::model::event::{Event, EventBody};
use hearth_actors::model::ids::{ClientId, Seq, SessionId};
use hearth_actors::model::journal::{JournalHeader, Keep, SessionLog};
use hearth_actors::model::profile::Annotation;
use hearth_actors::model::reading::{News, Reading};
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::time::{MonoMs, SessionMs, WallMs};
use hearth_actors::model::units::CelsiusPerMinute;
use serde_json::{Value, json};
use support::report::Table;

const ROAST_SECONDS: u64 = 20 * 60;
const JOURNAL_READINGS: u64 = 10_000;
const CREATED_AT: WallMs = WallMs(1_752_000_000_000);

const RATE: &str = "rate of rise, one reading";
const DETECTION: &str = "detection, one reading";
const ENCODE: &str = "encode a temperature frame";
const DECODE: &str = "decode a control frame";
const APPEND: &str = "journal, append 10,000 readings";
const READ: &str = "journal, read 10,000 readings";
const PROFILE: &str = "assemble a roast of 20 min";
const ALL: [&str; 7] = [RATE, DETECTION, ENCODE, DECODE, APPEND, READ, PROFILE];

fn main() -> anyhow::Result<()> {
    let results = Path::new(env!("CARGO_TARGET_TMPDIR")).join("criterion");
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2))
        .sample_size(20)
        .without_plots()
        .output_directory(&results)
        .configure_from_args();
    let roast = Roast::new()?;
    logic(&mut criterion, &roast);
    frames(&mut criterion, &roast)?;
    journal(&mut criterion, &roast)?;
    let log = roast.log(ROAST_SECONDS);
    criterion.bench_function(PROFILE, |b| b.iter(|| assemble(black_box(&log))));
    criterion.final_summary();
    report(&results)
}

/// A roast that never happened: its curve has the shape of one.
struct Roast {
    spec: MachineSpec,
}

impl Roast {
    fn new() -> anyhow::Result<Self> {
        let machine = json!({ "id": "m", "driver": { "type": "simulator", "model": "roaster" } });
        let config = MachineConfig::parse(machine).map_err(|faults| anyhow!("{faults}"))?;
        Ok(Self { spec: config.to_spec().map_err(|faults| anyhow!("{faults}"))? })
    }

    /// Falls from 200 °C after the charge, turns at about 100 °C and climbs ever slower.
    fn bt(second: u64) -> f64 {
        let minutes = second as f64 / 60.0;
        60.0 + 140.0 * (-1.5 * minutes).exp() + 170.0 * (1.0 - (-0.12 * minutes).exp()) + (second % 7) as f64 * 0.02
    }

    fn event(&self, second: u64) -> Event {
        let channels = &self.spec.channels;
        let value = |index: usize| Ok(Self::bt(second) + index as f64 * 3.1);
        let reading = Reading {
            channels: Arc::clone(channels),
            values: (0..channels.len()).map(value).collect(),
            bt_ror: Some(CelsiusPerMinute(8.123_456)),
            et_ror: Some(CelsiusPerMinute(4.5)),
            news: News::All,
        };
        Event {
            machine: self.spec.id.clone(),
            seq: Seq(second + 1),
            prev: second.checked_sub(1).map(|before| Seq(before + 1)),
            session: Some(SessionId(7)),
            at: SessionMs(second * 1000),
            wall: WallMs(CREATED_AT.0 + i64::try_from(second * 1000).unwrap_or_default()),
            body: EventBody::Reading(reading),
        }
    }

    fn header(&self, session: u128) -> JournalHeader {
        JournalHeader {
            session: SessionId(session),
            previous: None,
            machine: self.spec.id.clone(),
            machine_name: self.spec.name.clone(),
            channels: Arc::clone(&self.spec.channels),
            created_at: CREATED_AT,
            keep: Keep::AsProfile,
            clock_speed: 1.0,
        }
    }

    fn log(&self, seconds: u64) -> SessionLog {
        SessionLog {
            header: self.header(7),
            events: (0..seconds).map(|second| self.event(second)).collect(),
            annotation: Annotation::default(),
            sealed: true,
            damaged: false,
        }
    }
}

fn moment(second: u64) -> MonoMs {
    MonoMs(0) + second * 1000
}

fn logic(criterion: &mut Criterion, roast: &Roast) {
    let mut rate = RateOfRise::new(ROAST_WINDOW_MS, Cadence::new(1_000, 1.0));
    let mut second = 0;
    criterion.bench_function(RATE, |b| {
        b.iter(|| {
            second += 1;
            rate.step(moment(second), Some(black_box(Roast::bt(second % ROAST_SECONDS))))
        });
    });
    // A detector keeps what it has found, so every roast has its own; a whole one is stepped through.
    let step_through = |mut detector: Detector| {
        detector.begin_recording(moment(0));
        for second in 1..=ROAST_SECONDS {
            let bt = Roast::bt(second);
            black_box(detector.step(moment(second), Some(bt), Some(bt + 30.0)));
        }
        detector
    };
    let fresh = || Detector::new(&roast.spec.detection, roast.spec.sampling_interval_ms);
    criterion.bench_function(DETECTION, |b| b.iter_batched(fresh, step_through, BatchSize::SmallInput));
}

fn frames(criterion: &mut Criterion, roast: &Roast) -> anyhow::Result<()> {
    let client = ClientId::parse("bench").map_err(|bad| anyhow!("{bad}"))?;
    let actor = Actor::Client { id: client.clone(), name: "bench".to_owned() };
    let viewer = Viewer { client, principal: Principal::everywhere(actor, UserRole::Operator) };
    let mut openroast = OpenRoast::new(roast.spec.id.clone());
    let event = roast.event(600);
    criterion.bench_function(ENCODE, |b| b.iter(|| openroast.encode(black_box(&event), &roast.spec.channels, &viewer)));
    let order = r#"{"type":"control","channel":"burner","value":0.75,"request_id":"42"}"#;
    openroast.decode(order, CREATED_AT).map_err(|refusal| anyhow!("{}", refusal.message))?;
    criterion.bench_function(DECODE, |b| b.iter(|| openroast.decode(black_box(order), CREATED_AT)));
    Ok(())
}

fn journal(criterion: &mut Criterion, roast: &Roast) -> anyhow::Result<()> {
    let home = tempfile::tempdir()?;
    let store = Store::open(Disk::default(), home.path(), Arc::new(SystemClock::new()))?;
    let events: Vec<Event> = (0..JOURNAL_READINGS).map(|second| roast.event(second)).collect();
    let mut session = 0;
    let mut write = || -> anyhow::Result<SessionId> {
        session += 1;
        let mut journal = store.create(&roast.header(session))?;
        for event in &events {
            journal.append(event)?;
        }
        journal.sync()?;
        Ok(SessionId(session))
    };
    let kept = write()?;
    let read = || store.read(kept, None);
    let found = read()?.events.len();
    anyhow::ensure!(found == events.len(), "{found} events were read back instead of {}", events.len());
    criterion.bench_function(APPEND, |b| b.iter(&mut write));
    criterion.bench_function(READ, |b| b.iter(read));
    Ok(())
}

fn report(results: &Path) -> anyhow::Result<()> {
    let mut table = Table::new("pure");
    for name in ALL {
        let Some(nanos) = median_nanos(results, name)? else { continue };
        match name {
            DETECTION => table.figure(name, nanos / ROAST_SECONDS as f64 / 1000.0, "µs"),
            APPEND | READ => table.figure(name, nanos / 1e6, "ms"),
            _ => table.figure(name, nanos / 1000.0, "µs"),
        }
    }
    table.finish()
}

/// What was measured; `None` for what this run left out.
fn median_nanos(results: &Path, name: &str) -> anyhow::Result<Option<f64>> {
    let file: PathBuf = results.join(name).join("new/estimates.json");
    let Ok(text) = fs::read_to_string(&file) else { return Ok(None) };
    let estimates: Value = serde_json::from_str(&text).with_context(|| format!("reading {}", file.display()))?;
    Ok(estimates.pointer("/median/point_estimate").and_then(Value::as_f64))
}
