#![no_main]
//! The body that adds a machine: either it has faults, or a machine is made of it, and what is kept reads back the same.

use hearth::config::machine::MachineConfig;
use hearth::drivers::will;
use hearth::http::rest::bodies;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(document) = bodies::json(body) else { return };
    let Ok(config) = MachineConfig::parse(document) else { return };
    if let Ok(spec) = config.to_spec() {
        will(&config, &spec);
    }
    let kept = serde_json::to_value(&config).expect("written");
    let again = MachineConfig::parse(kept.clone()).expect("what is kept can be read");
    assert_eq!(serde_json::to_value(&again).expect("written"), kept);
});
