//! Sessions and marks through a whole machine: what is acknowledged is on disk, what is refused never happened.
#![allow(clippy::expect_used, reason = "a test stops where its stage is not set")]

mod support;

use std::sync::Arc;

use hearth_actors::client::history;
use hearth_actors::dialect::SyncRequest;
use hearth_actors::model::command::{SessionAction, Want};
use hearth_actors::model::event::EventBody;
use hearth_actors::model::ids::Seq;
use hearth_actors::model::mark::MarkKind;
use hearth_actors::model::refusal::RefusalCode;
use hearth_actors::model::session::SessionState;
use hearth_actors::model::spec::MachineSpec;
use hearth_actors::model::time::SessionMs;
use hearth_actors::registry::{Adopt, Definition, Policy};
use hearth_actors::testing::{Device, MemoryArchive, roaster};
use support::{Watcher, World, connected};

fn quick(id: &str) -> MachineSpec {
    MachineSpec { sampling_interval_ms: 20, ..roaster(id) }
}

async fn recording() -> (World, hearth_actors::slot::MachineHandle) {
    let world = World::new(Policy::default());
    let machine = world.machine(quick("a"), &Device::answering(&[200.0, 210.0])).await;
    connected(&machine).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    (world, machine)
}

#[actix::test]
async fn temperatures_flow_in_every_state_and_the_clock_restarts_with_each_session() {
    let (world, machine) = recording().await;
    let mut watcher = Watcher::on(&machine);
    watcher.readings(3).await;
    world.act(&machine, SessionAction::StopRecording).await.expect("stopped");
    watcher.readings(3).await;
    assert_eq!(machine.bus().look(|s| s.state), SessionState::Finished);
    let before = machine.bus().look(|s| s.session);
    world.act(&machine, SessionAction::StartMonitoring).await.expect("again");
    let (session, at) = machine.bus().look(|s| (s.session, s.at));
    assert_ne!(session, before);
    assert!(at < SessionMs(20), "{at:?}");
}

#[actix::test]
async fn a_mark_is_on_disk_before_anybody_sees_it() {
    let (world, machine) = recording().await;
    let session = machine.bus().look(|s| s.session).expect("session");
    world.order(&machine, Want::Mark { kind: MarkKind::FirstCrackStart, at: None }).await.expect("marked");
    let log = world.archive.log(session).expect("journal");
    assert!(log.events.iter().any(|e| matches!(&e.body, EventBody::Mark(m) if m.kind == MarkKind::FirstCrackStart)));
}

#[actix::test]
async fn a_mark_in_the_first_moment_of_a_recording_knows_how_hot_it_was() {
    let world = World::new(Policy::default());
    let machine = world.machine(quick("a"), &Device::answering(&[200.0, 210.0])).await;
    connected(&machine).await;
    Watcher::on(&machine).readings(1).await;
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    world.order(&machine, Want::Mark { kind: MarkKind::Charge, at: Some(SessionMs(0)) }).await.expect("marked");
    assert_eq!(machine.bus().look(|s| s.marks[&MarkKind::Charge].bt), Some(200.0));
}

#[actix::test]
async fn readings_that_the_disk_refused_are_in_the_curve_once_it_takes_them_again() {
    let (world, machine) = recording().await;
    let session = machine.bus().look(|s| s.session).expect("session");
    let mut watcher = Watcher::on(&machine);
    world.archive.refuse(true);
    watcher.readings(20).await;
    world.archive.refuse(false);
    world.act(&machine, SessionAction::StopRecording).await.expect("stopped");
    let log = world.archive.log(session).expect("journal");
    let kept: Vec<Seq> = log.events.iter().map(|e| e.seq).collect();
    let shown = watcher.seen.iter().filter(|e| matches!(e.body, EventBody::Reading(_)));
    assert!(shown.clone().count() >= 20 && shown.into_iter().all(|e| kept.contains(&e.seq)));
    assert!(kept.is_sorted() && log.sealed, "in their order, and whole");
}

#[actix::test]
async fn a_recording_whose_end_could_not_be_saved_goes_on_and_is_ended_later() {
    let (world, machine) = recording().await;
    let session = machine.bus().look(|s| s.session).expect("session");
    world.archive.refuse(true);
    world.act(&machine, SessionAction::StopRecording).await.expect_err("disk full");
    assert_eq!(machine.bus().look(|s| s.state), SessionState::Recording);
    world.archive.refuse(false);
    world.act(&machine, SessionAction::StopRecording).await.expect("stopped");
    assert!(world.archive.log(session).expect("journal").sealed);
}

#[actix::test]
async fn monitoring_begins_without_a_journal_where_the_disk_refuses_one_and_a_recording_does_not() {
    let world = World::new(Policy::default());
    let machine = world.machine(quick("a"), &Device::answering(&[200.0, 210.0])).await;
    connected(&machine).await;
    world.archive.refuse(true);
    world.act(&machine, SessionAction::StartMonitoring).await.expect("watching needs no disk");
    let refused = world.act(&machine, SessionAction::StartRecording).await.expect_err("disk full");
    assert_eq!(refused.code, RefusalCode::Internal);
    assert_eq!(machine.bus().look(|s| s.state), SessionState::Monitoring);
}

#[actix::test]
async fn a_mark_that_cannot_be_saved_was_never_set_and_the_curve_goes_on() {
    let (world, machine) = recording().await;
    let mut watcher = Watcher::on(&machine);
    world.archive.refuse(true);
    let refused = world.order(&machine, Want::Mark { kind: MarkKind::Drop, at: None }).await.expect_err("disk full");
    assert_eq!(refused.code, RefusalCode::Internal);
    assert!(refused.message.contains("could not be saved"), "{}", refused.message);
    watcher.readings(3).await;
    assert!(!watcher.seen.iter().any(|e| matches!(e.body, EventBody::Mark(_))));
    world.archive.refuse(false);
    world.order(&machine, Want::Mark { kind: MarkKind::Drop, at: None }).await.expect("there is room again");
}

#[actix::test]
async fn marking_needs_a_recording_and_a_past_moment() {
    let world = World::new(Policy::default());
    let machine = world.machine(quick("a"), &Device::answering(&[200.0, 210.0])).await;
    connected(&machine).await;
    let early = world.order(&machine, Want::Mark { kind: MarkKind::Charge, at: None }).await.expect_err("idle");
    assert_eq!(early.code, RefusalCode::InvalidTransition);
    world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
    world.act(&machine, SessionAction::StartRecording).await.expect("recording");
    let ahead = Want::Mark { kind: MarkKind::Charge, at: Some(SessionMs(600_000)) };
    assert_eq!(world.order(&machine, ahead).await.expect_err("ahead").code, RefusalCode::InvalidMessage);
    let unset = world.order(&machine, Want::Unmark { kind: MarkKind::Charge }).await.expect_err("not set");
    assert_eq!(unset.code, RefusalCode::InvalidMessage);
}

#[actix::test]
async fn a_recording_that_is_reset_is_kept_as_a_draft() {
    let (world, machine) = recording().await;
    let session = machine.bus().look(|s| s.session).expect("session");
    Watcher::on(&machine).readings(2).await;
    world.act(&machine, SessionAction::Reset).await.expect("reset");
    assert_eq!(machine.bus().look(|s| s.state), SessionState::Idle);
    assert_ne!(machine.bus().look(|s| s.session), Some(session));
    assert!(world.archive.log(session).expect("kept").sealed);
}

#[actix::test]
async fn a_sync_brings_exactly_what_was_not_sent_from_ring_and_journal() {
    let (world, machine) = recording().await;
    let session = machine.bus().look(|s| s.session).expect("session");
    let mut watcher = Watcher::on(&machine);
    watcher.readings(20).await;
    world.order(&machine, Want::Mark { kind: MarkKind::Charge, at: None }).await.expect("marked");
    let sent_after = machine.bus().look(|s| s.seq);
    // What comes later is told after all before is in the journal.
    watcher.until("a later event", |event| Some(event.seq) > sent_after).await;
    let log = world.archive.log(session).expect("journal");
    let wanted: Vec<Seq> = log.events.iter().map(|e| e.seq).filter(|seq| Some(*seq) <= sent_after).collect();
    for skip in [0, 1, 7, wanted.len() - 1] {
        let request = SyncRequest { last_seq: Some(wanted[skip]), session: Some(session), ..SyncRequest::default() };
        let history = history::fetch(machine.bus(), &world.archive, request, sent_after);
        let got: Vec<Seq> = history.events.iter().map(|past| past.event().seq).collect();
        assert_eq!(got, wanted[skip + 1..], "skip {skip}");
    }
}

#[actix::test]
async fn a_recording_cut_by_the_daemons_death_goes_on_with_its_gap() {
    let archive = MemoryArchive::default();
    let (session, last) = {
        let world = World::on(archive.clone(), Policy::default());
        let machine = world.machine(quick("a"), &Device::answering(&[200.0, 210.0])).await;
        connected(&machine).await;
        world.act(&machine, SessionAction::StartMonitoring).await.expect("monitoring");
        world.act(&machine, SessionAction::StartRecording).await.expect("recording");
        Watcher::on(&machine).readings(5).await;
        world.order(&machine, Want::Mark { kind: MarkKind::Charge, at: None }).await.expect("marked");
        let session = machine.bus().look(|s| s.session).expect("session");
        (session, machine.bus().look(|s| s.at))
    };
    let world = World::on(archive.clone(), Policy::default());
    let mut cut = hearth_actors::archive::Archive::interrupted(&archive).expect("readable");
    let interrupted = cut.pop().expect("one session was cut");
    let bus = world.house.recover(interrupted, world.house.first_seq()).expect("recovers").expect("goes on");
    let device = Device::answering(&[190.0, 200.0]);
    let definition = Definition { spec: Arc::new(quick("a")), driver: device.factory(), document: "{}".into() };
    let adopt = Adopt { definition, resumed: Some(bus) };
    let machine = world.house.registry().send(adopt).await.expect("registry").expect("adopted");
    connected(&machine).await;
    let snapshot = machine.bus().snapshot();
    assert_eq!((snapshot.state, snapshot.session), (SessionState::Recording, Some(session)));
    assert!(snapshot.marks.contains_key(&MarkKind::Charge));
    assert!(snapshot.at.0 >= last.0 + 2000, "the clock went on through the gap: {:?} then {:?}", last, snapshot.at);
    assert_eq!(device.writes().first(), Some(&(2, 0.0)), "safe first");
    world.act(&machine, SessionAction::StopRecording).await.expect("stopped");
    assert!(archive.log(session).expect("journal").sealed);
}
