import { describe, expect, it } from "vitest";
import { decode, type FrameOf } from "../src/wire/decode";

// The documented examples of every server message, word for word.
const DOCUMENTED = {
  temperature: { type: "temperature", timestamp_ms: 45000, et: 210.5, bt: 185.3, et_ror: 8.2, bt_ror: 12.4, extra_channels: { inlet_temp: 305.0 } },
  event: { type: "event", event_type: "CHARGE", timestamp_ms: 5000, auto_detected: true, bt_at_event: 155.2, et_at_event: 210.5 },
  state: { type: "state", state: "recording", previous_state: "monitoring" },
  alarm: { type: "alarm", alarm_id: "high_bt", message: "BT exceeded 230C", severity: "warning", timestamp_ms: 120000, bt: 231.2, et: 285.0 },
  replay: { type: "replay", timestamp_ms: 3000, et: 200.1, bt: 150.8, et_ror: 6.5, bt_ror: 10.2, controls: { burner: 0.7, airflow: 0.5 }, progress_pct: 12.5, total_duration_ms: 780000 },
  control_ack: { type: "control_ack", channel: "burner", value: 0.8, applied: true, message: "" },
  error: { type: "error", code: "DRIVER_READ_FAILED", message: "Modbus timeout reading BT register", recoverable: true },
  connection: { type: "connection", driver_state: "connected", driver_name: "Modbus RTU", message: "" },
};

// What the wire contract adds.
const ADDED = {
  event_removed: { type: "event_removed", event_type: "FCs" },
  replay_status: { type: "replay_status", profile_id: "p", state: "paused", speed: 2, position_ms: 3000, total_duration_ms: 780000, by: "tablet-2" },
  controls: { type: "controls", channels: [{ id: "burner", label: "Burner", min: 0, max: 100, step: 1, unit: "percent", type: "slider", value: null, enabled: true }] },
  safety: { type: "safety", latched: false, reason: null, since: null, channels: [] },
  control_lease: { type: "control_lease", holder: { client_id: "c", name: "tablet-2" }, yours: false, expires_in_ms: null },
  control_request: { type: "control_request", from: { client_id: "c", name: "tablet-2" }, expires_in_ms: 10000 },
  sync_complete: { type: "sync_complete", from_ms: 0, last_timestamp_ms: 45000, count: 45, truncated: false },
  heartbeat: { type: "heartbeat", elapsed_ms: 45000 },
};

describe("decoding", () => {
  for (const [name, frame] of Object.entries({ ...DOCUMENTED, ...ADDED })) {
    it(`takes ${name} as it is written down`, () => {
      expect(decode(JSON.stringify(frame))).toEqual({ ok: true, frame });
    });
  }

  it("keeps the place in the stream and fields it does not know", () => {
    const sent = { ...DOCUMENTED.temperature, seq: 7, prev_seq: 6, session_id: "s", machine_id: "m", from_the_future: [1] };
    expect(decode(JSON.stringify(sent))).toEqual({ ok: true, frame: sent });
  });

  it("takes null for every reading that is missing", () => {
    const blind = { ...DOCUMENTED.temperature, et: null, bt: null, et_ror: null, bt_ror: null, extra_channels: { inlet_temp: null } };
    const decoded = decode(JSON.stringify(blind));
    expect(decoded.ok && (decoded.frame as FrameOf<"temperature">).bt).toBeNull();
  });

  it("sets a type it does not know apart from a frame that is broken", () => {
    expect(decode('{"type":"task","id":"t"}')).toMatchObject({ ok: false, why: "unknown_type" });
    expect(decode('{"type":"toString"}')).toMatchObject({ ok: false, why: "unknown_type" });
    expect(decode("{}")).toMatchObject({ ok: false, why: "unknown_type" });
    for (const raw of ["", "{", "null", "[]", "3", '"temperature"', new ArrayBuffer(4)]) {
      expect(decode(raw)).toMatchObject({ ok: false, why: "malformed" });
    }
  });

  it("lets no number through that is none", () => {
    const bad = [
      { ...DOCUMENTED.temperature, bt: "185.3" }, { ...DOCUMENTED.temperature, timestamp_ms: null },
      { ...DOCUMENTED.temperature, extra_channels: { inlet_temp: "305" } }, { ...DOCUMENTED.temperature, seq: "7" },
      { ...DOCUMENTED.control_ack, value: true }, { ...ADDED.controls, channels: [{ id: "burner" }] }, { ...ADDED.control_lease, holder: "tablet-2" },
    ];
    for (const frame of bad) expect(decode(JSON.stringify(frame)), JSON.stringify(frame)).toMatchObject({ ok: false, why: "malformed" });
    expect(decode('{"type":"heartbeat","elapsed_ms":1e999}')).toMatchObject({ ok: false, why: "malformed" });
  });
});
