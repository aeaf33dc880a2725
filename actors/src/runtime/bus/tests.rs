use std::sync::mpsc::{Receiver, sync_channel};

use super::*;
use crate::archive::Archive;
use crate::model::event::{Safety, SafetyReason};
use crate::model::journal::{JournalHeader, Keep};
use crate::runtime::journal::{Job, RecorderQueue};
use crate::testing::{MemoryArchive, roaster};

const SESSION: SessionId = SessionId(7);

/// A machine's bus, and the recorder's end of its journal.
fn recording() -> (Arc<Bus>, Receiver<Job>) {
    let spec = roaster("a");
    let bus = Arc::new(Bus::new(spec.id.clone(), spec.channels.clone(), MachineClock::new(1.0), Seq(1)));
    let header = JournalHeader {
        session: SESSION,
        previous: None,
        machine: spec.id,
        machine_name: spec.name,
        channels: spec.channels,
        created_at: WallMs(0),
        keep: Keep::AsProfile,
        clock_speed: 1.0,
    };
    let (jobs, recorder) = sync_channel(16);
    let journal = MemoryArchive::default().create(&header).expect("memory");
    bus.attach_journal(RecorderQueue::new(jobs).adopt(SESSION, journal).expect("room"));
    (bus, recorder)
}

fn latched() -> EventBody {
    EventBody::Safety(Safety { latched: Some(SafetyReason::Stop), ..Safety::default() })
}

fn is_told(bus: &Bus) -> bool {
    bus.look(|snapshot| snapshot.safety.latched.is_some())
}

/// What holds back the one thing that is to be on record.
fn who_waits(recorder: &Receiver<Job>) -> Recording {
    let waits = recorder.try_iter().find_map(|job| match job {
        Job::Append { waits: Waits::ForRecord(recording), .. } => Some(recording),
        _ => None,
    });
    waits.expect("it is to be written")
}

#[tokio::test(start_paused = true)]
async fn what_is_recorded_is_told_when_it_is_written_and_not_before() {
    let (bus, recorder) = recording();
    let recorded = bus.record(latched()).expect("there is a journal");
    bus.publish(EventBody::Lease(crate::model::event::Lease::default()));
    assert!(!is_told(&bus), "nor what comes behind it");
    assert!(bus.decided().safety.latched.is_some(), "but it holds");
    drop(who_waits(&recorder));
    assert!(is_told(&bus), "and needs nobody else for that");
    recorded.told().await;
    assert_eq!(bus.recent(|_| true).events.iter().map(|told| told.event.seq).collect::<Vec<_>>(), [Seq(1), Seq(2)]);
}

#[tokio::test(start_paused = true)]
async fn a_disk_that_hangs_hides_what_happened_for_a_moment_only() {
    let (bus, recorder) = recording();
    let recorded = bus.record(latched()).expect("there is a journal");
    let _never = who_waits(&recorder);
    let began = Instant::now();
    recorded.told().await;
    assert!(is_told(&bus));
    assert_eq!(began.elapsed(), RECORD_DEADLINE);
}

#[test]
fn without_a_recorder_it_is_told_at_once() {
    let (bus, recorder) = recording();
    drop(recorder);
    drop(bus.record(latched()).expect("there was one"));
    assert!(is_told(&bus));
}

#[test]
fn without_a_journal_there_is_nothing_to_wait_for() {
    let (bus, _recorder) = recording();
    drop(bus.detach_journal());
    assert!(bus.record(latched()).is_none());
    assert!(is_told(&bus));
}
