//! Bodies and answers as they look in real life, for the description. They belong together: one machine, one roast.

use serde_json::{Value, json};

/// The id of the profile in the examples.
pub const PROFILE: &str = "0198f2a4-5c1e-7d30-9b7a-3f6f0c2d1e55";

/// The id of the task in the examples.
pub const TASK: &str = "0198f2a4-7e02-7c11-8a40-5d2b9e6f1a07";

/// A task.
pub fn task() -> Value {
    json!({
        "id": TASK, "name": "generator_task", "task_type": "generator_task", "is_exclusive": false, "is_blocking": false,
        "status": "running", "progress": { "current": 3, "total": 10, "message": "Step 3 of 10" },
        "result": null, "error": null, "created_at": "2026-03-02T09:14:07.25Z", "started_at": "2026-03-02T09:14:07.27Z",
        "completed_at": null, "machine_id": null, "project": "kiln", "run_args": [],
        "run_kwargs": { "total_steps": 10, "interval": 0.5 },
    })
}

/// A program for a kettle.
pub fn program() -> Value {
    json!({
        "name": "Mash day", "machine_id": "kettle",
        "steps": [
            { "type": "set", "values": { "pump": true, "setpoint": 66 } },
            { "type": "ramp", "channel": "heater", "to": 80, "over_s": 120 },
            { "type": "wait", "channel": "hlt", "at_least": 66, "timeout_s": 7200, "on_timeout": "pause" },
            { "type": "ask", "message": "Add the malt" },
            { "type": "hold", "for_s": 3600 },
            { "type": "set", "values": { "heater": 0, "pump": false } },
        ],
    })
}

/// The same, as it is kept.
pub fn stored_program() -> Value {
    let mut program = program();
    program["id"] = json!("mash-day");
    program
}

/// Machines that can be added.
pub fn machines() -> Vec<(&'static str, Value)> {
    vec![("a simulator", simulator()), ("a roaster on Modbus TCP", modbus())]
}

/// A simulated machine.
pub fn simulator() -> Value {
    json!({
        "id": "machine-a",
        "name": "Drum 5 kg",
        "kind": "roaster",
        "autoconnect": true,
        "sampling_interval_ms": 1000,
        "driver": { "type": "simulator", "model": "roaster", "speed": 1.0, "seed": 1, "noise": 0.1, "operator": false },
    })
}

fn modbus() -> Value {
    json!({
        "id": "machine-b",
        "driver": { "type": "modbus_tcp", "host": "192.168.1.20", "unit_id": 1 },
        "channels": [
            { "id": "bt", "role": "bt", "kind": "sensor", "unit": "celsius",
              "source": { "register": "holding", "address": 0, "type": "i16", "divisor": 10 } },
            { "id": "burner", "kind": "control", "class": "heat", "min": 0, "max": 100, "step": 1, "unit": "percent",
              "failsafe": 0, "source": { "register": "holding", "address": 100, "type": "u16" } },
        ],
        "alarms": [
            { "id": "high_bt", "when": { "channel": "bt", "above": 230 }, "severity": "warning", "message": "BT above 230 °C" },
        ],
    })
}

fn reading() -> Value {
    json!({ "timestamp_ms": 2000, "et": 203.4, "bt": 168.2, "et_ror": 4.1, "bt_ror": 11.8, "extra_channels": { "inlet": 341.0 } })
}

/// All machines at a glance.
pub fn summaries() -> Value {
    json!([{
        "id": "machine-a", "name": "Drum 5 kg", "kind": "roaster", "driver_state": "connected",
        "session_state": "recording", "last_reading": reading(),
        "alarms": { "info": 0, "warning": 1, "critical": 0 }, "restarts": 0,
        "losses": { "sensor_ms": 3000, "operator_ms": 120000 },
    }])
}

/// The health of a link.
pub fn health() -> Value {
    json!({
        "machine_id": "machine-a", "driver_state": "connected", "message": "", "reads": 5120, "writes": 41,
        "write_failures": 0, "timeouts": 2, "protocol_errors": 1, "rejected": 0, "losses": 1, "reconnects": 1,
        "restarts": 0, "abandoned_threads": 0, "latency_p50_ms": 8.4, "latency_p99_ms": 31.0,
        "last_error": "no answer within 400 ms", "last_error_at": "2026-03-02T09:14:07Z",
    })
}

/// A look at a machine that is being set up.
pub fn probe() -> Value {
    json!({
        "reached": true, "fault": null, "round_trip_ms": 8.412, "note": "",
        "values": [
            { "id": "bt", "pointer": "/channels/0/source", "raw": 1873.0, "value": 187.3, "unit": "celsius",
              "round_trip_ms": 8.412, "fault": null },
            { "id": "burner", "pointer": "/channels/1/source", "raw": null, "value": null, "unit": "percent",
              "round_trip_ms": 9.02, "fault": {
                  "asked": "reading 1 holding register from 100, unit 1 at 192.168.1.20:502",
                  "message": "the device refused: exception 2, illegal address",
                  "hint": "addresses count from 0: 40001 in a manual is holding 0; check register and address",
              } },
        ],
    })
}

/// An occurrence of an alarm that is over.
pub fn past_alarm() -> Value {
    json!({
        "occurrence": 17, "alarm_id": "high_bt", "message": "BT above 230 °C", "severity": "warning",
        "alarm_state": "normal", "session_id": PROFILE, "raised_at": "2026-03-02T09:11:40Z",
        "cleared_at": "2026-03-02T09:12:02Z", "acked_at": "2026-03-02T09:11:49Z",
        "acked_by": "tablet-1", "count": 1, "first_cause": null,
    })
}

/// An alarm that somebody has to look at.
pub fn alarm() -> Value {
    json!({
        "alarm_id": "high_bt", "message": "BT above 230 °C", "severity": "warning", "timestamp_ms": 1000, "bt": 231.2,
        "et": 240.9, "occurrence": 17, "latched": false, "alarm_state": "unacked", "raised_at": "2026-03-02T09:11:40Z",
        "acked_by": null, "count": 1, "first_cause": null, "shelved_until": null,
    })
}

/// A running session.
pub fn session() -> Value {
    json!({
        "machine_id": "machine-a", "session_id": PROFILE, "state": "recording", "driver_state": "connected",
        "started_at": "2026-03-02T09:02:11Z", "elapsed_ms": 2000, "events": events(), "last_reading": reading(),
        "controls": [{
            "id": "burner", "label": "Burner", "tag": "machine-a.burner", "endpoint_id": 1004, "group": "controls",
            "device_type": null, "min": 0.0, "max": 100.0, "step": 1.0, "unit": "percent", "type": "slider",
            "value": 0.8, "enabled": true,
        }],
        "lease": { "holder": { "client_id": "0b6f2c1e", "name": "tablet-2" }, "yours": false, "expires_in_ms": null },
        "alarms": [alarm()],
        "safety": { "latched": false, "reason": null, "since": null, "channels": [] },
    })
}

fn events() -> Value {
    json!([{
        "event_type": "CHARGE", "timestamp_ms": 0, "auto_detected": true, "provisional": false, "bt_at_event": 195.0,
        "et_at_event": 210.5,
    }])
}

/// A profile without its curves.
pub fn summary() -> Value {
    json!({
        "id": PROFILE, "name": "Kenya, light", "machine_id": "machine-a", "machine_name": "Drum 5 kg",
        "created_at": "2026-03-02T09:02:11Z", "duration_ms": 2000, "status": "saved", "bean": "Kenya AA",
        "green_weight_g": 5000.0, "roasted_weight_g": 4250.0, "rating": 4, "tags": ["washed"], "operator": "Ada",
        "batch": "K12", "events": events(),
        "statistics": {
            "total_ms": null, "drying_ms": null, "maillard_ms": null, "development_ms": null, "drying_pct": null,
            "maillard_pct": null, "dtr_pct": null, "tp_ms": null, "tp_bt": null, "auc": null, "weight_loss_pct": 15.0,
            "max_et": null, "bt_ror_by_phase": { "drying": null, "maillard": null, "development": null, "total": null },
        },
    })
}

fn series() -> Value {
    json!({
        "timestamp_ms": [0, 1000, 2000], "bt": [195.0, 181.3, 168.2], "et": [210.5, null, 203.4],
        "bt_ror": [null, null, -11.8], "et_ror": [null, null, null], "extra_channels": { "inlet": [340.0, 340.5, 341.0] },
    })
}

/// A profile.
pub fn profile() -> Value {
    let mut profile = summary();
    profile["series"] = series();
    profile["controls"] = json!({ "burner": [[0, 0.6], [1000, 0.8]] });
    profile["gaps"] = json!([]);
    profile
}

/// The least that can be kept as a profile.
pub fn new_profile() -> Value {
    json!({
        "machine_id": "machine-a", "name": "From the notebook",
        "series": { "timestamp_ms": [0, 1000, 2000], "bt": [195.0, 181.3, 168.2] },
        "events": [{ "event_type": "CHARGE", "timestamp_ms": 0 }],
    })
}

/// A page of profiles.
pub fn page() -> Value {
    json!({ "items": [summary()], "next_cursor": null })
}
