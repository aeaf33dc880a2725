#![no_main]
//! A backup that is put in the place of a data directory: what is not sound leaves that directory as it was, and nothing is
//! written beside it.

use std::fs;

use hearth::storage::disk::Disk;
use hearth::storage::restore::restore;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|archive: &[u8]| {
    let home = tempfile::tempdir().expect("a directory");
    let data = home.path().join("inner/data");
    fs::create_dir_all(&data).expect("a directory");
    fs::write(data.join("kept"), "kept").expect("written");
    let restored = restore(&Disk::default(), archive, &data);
    if restored.is_err() {
        assert_eq!(fs::read(data.join("kept")).expect("still there"), b"kept");
    }
    let outside: Vec<_> = fs::read_dir(home.path()).expect("a directory").flatten().map(|e| e.file_name()).collect();
    assert_eq!(outside, ["inner"], "something was unpacked outside");
    for entry in fs::read_dir(home.path().join("inner")).expect("a directory").flatten() {
        let name = entry.file_name();
        assert!(name.to_string_lossy().starts_with("data"), "{name:?} was unpacked beside the data directory");
    }
});
