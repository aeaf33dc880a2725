//! Journals of any content, and with any damage.

use super::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(damages()))]

    #[test]
    fn damage_never_panics_and_never_invents(flips in proptest::collection::vec((any::<prop::sample::Index>(), 0u8..8), 0..4),
                                              cut in proptest::option::of(any::<prop::sample::Index>())) {
        let (bytes, events) = sealed_file();
        let mut bad = bytes.clone();
        for (at, bit) in flips {
            bad[at.index(bytes.len())] ^= 1 << bit;
        }
        if let Some(cut) = cut {
            bad.truncate(cut.index(bytes.len()));
        }
        let dir = tempfile::tempdir().unwrap();
        let place = JournalPlace::new(dir.path(), &machine("machine-a"), session(1));
        fs::create_dir_all(place.dir()).unwrap();
        fs::write(place.segment(1), &bad).unwrap();
        let inspected = reader::inspect(&place, &[1]);
        let extent = Extent { segments: vec![1], last_bytes: None };
        if let Ok(found) = reader::read(&place, &extent, None) {
            let read = &found.log.events;
            prop_assert_eq!(format!("{read:?}"), format!("{:?}", &events[..read.len()]));
            prop_assert_eq!(found.log.header, header(1, Keep::AsProfile));
            prop_assert!(found.log.damaged || read.len() == events.len() || !found.log.sealed);
            prop_assert!(inspected.is_ok());
        }
        if let Some(summary) = reader::summary(&place, &extent) {
            prop_assert_eq!(summary.id, session(1));
        }
    }

    #[test]
    fn any_stream_of_events_reads_back_exactly(mut events in proptest::collection::vec(any_event(), 1..30)) {
        for (event, seq) in events.iter_mut().zip(1..) {
            event.seq = Seq(seq);
        }
        let disk = Home::new();
        let store = disk.open();
        let _journal = record(&store, 1, &events);
        prop_assert_eq!(shown(&store.read(session(1), None).unwrap()), format!("{events:?}"));
    }
}

/// How many damaged files are tried: 300, or as many as `HEARTH_DAMAGES` says.
fn damages() -> u32 {
    std::env::var("HEARTH_DAMAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(300)
}

fn sealed_file() -> &'static (Vec<u8>, Vec<Event>) {
    static FILE: std::sync::OnceLock<(Vec<u8>, Vec<Event>)> = std::sync::OnceLock::new();
    FILE.get_or_init(|| {
        let disk = Home::new();
        let events = roast(1, 12);
        record(&disk.open(), 1, &events).seal().unwrap();
        (fs::read(disk.path(1, 1)).unwrap(), events)
    })
}
