//! Writes the TypeScript side of the wire contract, so that both sides are one text.

use std::collections::BTreeSet;
use std::path::Path;

use ts_rs::{Config, TS};

use crate::dialects::openroast::wire as openroast;
use crate::http::problem;
use crate::http::rest::wire::{machine, probe, profile, program, task};
use crate::http::rest::{audit, clients, login, tokens, users};
use crate::wire::{codes, storage, task as wire_task, views, words};

const FILE: &str = "static/src/wire/types.ts";

const HEAD: &str = "// Generated from the Rust types of the wire contract; do not edit. To write it anew:\n\
                    // HEARTH_WRITE_TYPES=1 cargo test -p hearth --lib typescript\n\
                    //\n\
                    // OpenRoast: a socket sends `Sent` and takes `ClientFrame`. REST: the rest.\n";

struct Page {
    config: Config,
    text: String,
    names: BTreeSet<String>,
}

impl Page {
    fn add<T: TS>(&mut self) -> &mut Self {
        let name = T::ident(&self.config);
        assert!(self.names.insert(name.clone()), "two types are called {name}");
        let docs = T::docs().unwrap_or_default();
        self.text.push_str(&format!("\n{docs}export {}\n", T::decl(&self.config)));
        self
    }
}

fn page() -> String {
    let mut page =
        Page { config: Config::new().with_large_int("number"), text: HEAD.to_owned(), names: BTreeSet::new() };
    page.add::<words::SessionState>()
        .add::<words::DriverState>()
        .add::<words::EventType>()
        .add::<words::Severity>()
        .add::<words::AlarmState>()
        .add::<words::SafetyReason>()
        .add::<words::ReplayState>()
        .add::<words::Quality>()
        .add::<words::ProfileStatus>()
        .add::<words::MachineKind>()
        .add::<words::TaskStatus>()
        .add::<words::DeviceType>()
        .add::<codes::ErrorCode>();
    page.add::<views::LastReading>()
        .add::<views::RoastEvent>()
        .add::<views::Alarm>()
        .add::<views::ControlType>()
        .add::<views::Control>()
        .add::<views::Safety>()
        .add::<views::Person>()
        .add::<views::Lease>()
        .add::<views::ControlAck>();
    page.add::<openroast::Temperature>()
        .add::<openroast::EventRemoved>()
        .add::<openroast::State>()
        .add::<openroast::Replay>()
        .add::<openroast::ReplayStatus>()
        .add::<openroast::ErrorFrame>()
        .add::<openroast::Connection>()
        .add::<openroast::Controls>()
        .add::<openroast::ControlRequest>()
        .add::<openroast::SyncComplete>()
        .add::<openroast::Heartbeat>()
        .add::<openroast::ServerFrame>()
        .add::<openroast::Sent>()
        .add::<openroast::Command>()
        .add::<openroast::ReplayCommand>()
        .add::<openroast::ClientFrame>();
    page.add::<machine::AlarmCounts>()
        .add::<machine::Losses>()
        .add::<machine::MachineSummary>()
        .add::<profile::Series>()
        .add::<machine::SessionView>()
        .add::<profile::RorByPhase>()
        .add::<profile::Statistics>()
        .add::<profile::ProfileSummary>()
        .add::<profile::ProfileDocument>()
        .add::<profile::ProfilePage>()
        .add::<machine::DriverAnswer>()
        .add::<crate::http::rest::health::HealthView>()
        .add::<storage::StorageWord>()
        .add::<storage::IndexWord>()
        .add::<storage::StorageView>()
        .add::<crate::http::rest::system::Health>()
        .add::<machine::ControlBody>()
        .add::<profile::ProfileNotes>()
        .add::<profile::SaveBody>()
        .add::<profile::EventCorrection>()
        .add::<profile::PatchBody>()
        .add::<machine::PastAlarm>()
        .add::<probe::ProbeFault>()
        .add::<probe::ProbedValue>()
        .add::<probe::ProbeView>()
        .add::<probe::SerialPortView>()
        .add::<wire_task::TaskProgress>()
        .add::<task::TaskView>()
        .add::<program::OnTimeout>()
        .add::<program::ProgramStep>()
        .add::<program::ProgramView>()
        .add::<words::UserRole>()
        .add::<login::Standing>()
        .add::<login::MeUser>()
        .add::<login::Me>()
        .add::<users::UserView>()
        .add::<tokens::TokenView>()
        .add::<tokens::GivenToken>()
        .add::<clients::ClientView>()
        .add::<audit::DeedView>()
        .add::<problem::ProblemField>()
        .add::<problem::Problem>();
    page.text.lines().map(str::trim_end).flat_map(|line| [line, "\n"]).collect()
}

#[test]
fn the_committed_typescript_types_are_those_of_the_daemon() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let page = page();
    if std::env::var_os("HEARTH_WRITE_TYPES").is_some_and(|v| v == "1") {
        std::fs::write(&path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == page,
        "{FILE} differs from the Rust types: write it anew as its first lines say, and commit it"
    );
}
