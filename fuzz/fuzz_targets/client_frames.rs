#![no_main]
//! What clients send, heard by every dialect; a refusal can be told, and names no more than was sent.

use hearth::dialects::bevforge::BevForge;
use hearth::dialects::bevforge::ledger::Ledger;
use hearth::dialects::control_panel::ControlPanel;
use hearth::dialects::control_panel::crowd::Crowd;
use hearth::dialects::openroast::OpenRoast;
use hearth::dialects::openscan::{DeviceStatus, TaskUpdates};
use hearth::dialects::webmacs;
use hearth_actors::dialect::Dialect;
use hearth_actors::model::ids::MachineId;
use hearth_actors::model::spec::MachineKind;
use hearth_actors::model::time::WallMs;
use hearth_actors::registry::Roster;
use libfuzzer_sys::fuzz_target;
use tokio::sync::watch;

const NOW: WallMs = WallMs(1_767_225_600_000);

fn dialects() -> [Box<dyn Dialect>; 7] {
    let (_, roster) = watch::channel(Roster::default());
    [
        Box::new(OpenRoast::new(MachineId::parse("roaster").expect("an id"))),
        Box::new(webmacs::Stream::every(0)),
        Box::new(webmacs::Controller),
        Box::new(ControlPanel::new(Box::new(Vec::new), Crowd::default().join())),
        Box::new(BevForge::new(Ledger::new(roster))),
        Box::new(TaskUpdates),
        Box::new(DeviceStatus::new(Box::new(|| ("scanner".to_owned(), MachineKind::Scanner)))),
    ]
}

thread_local! {
    static DIALECTS: [Box<dyn Dialect>; 7] = dialects();
}

fuzz_target!(|text: &str| {
    DIALECTS.with(|dialects| {
        for dialect in dialects {
            if let Err(refusal) = dialect.decode(text, NOW) {
                let told: usize = dialect.refuse(&refusal, NOW).iter().map(|frame| frame.len()).sum();
                assert!(told <= 4096 + 8 * text.len(), "{told} bytes answer {}", text.len());
            }
        }
    });
});
