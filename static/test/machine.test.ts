import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { nowMs } from "../src/link/clock";
import type { SocketLike } from "../src/link/socket";
import { forecast } from "../src/store/forecast";
import { MachineStore } from "../src/store/machine";
import { tick } from "../src/store/ticker";
import type { SessionView } from "../src/wire/types";

const VIEW: SessionView = {
  machine_id: "p12", session_id: "s1", state: "monitoring", driver_state: "connected", started_at: null, elapsed_ms: 3000, events: [],
  last_reading: null, lease: { holder: null, yours: false, expires_in_ms: null }, alarms: [], safety: { latched: false, reason: null, since: null, channels: [] },
  controls: [{ id: "burner", label: "Burner", tag: "m.burner", endpoint_id: 1000, group: "controls", device_type: null, min: 0, max: 100, step: 1, unit: "percent", type: "slider", value: 0.5, enabled: true }],
  series: { timestamp_ms: [1000, 2000, 3000], bt: [20, 21, 22], et: [30, 31, 32], bt_ror: [null, null, null], et_ror: [null, null, null], extra_channels: {} },
};

class FakeSocket {
  readyState = 1;
  sent: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: MessageEvent) => void) | null = null;
  onclose: ((event: CloseEvent) => void) | null = null;
  onerror = null;
  send = (text: string) => void this.sent.push(JSON.parse(text) as Record<string, unknown>);
  close = () => undefined;
}

let socket: FakeSocket;
let machine: MachineStore;
let release: () => void;
let seq: number;

const say = (frame: Record<string, unknown>) => socket.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
const live = (frame: Record<string, unknown>, session_id = "s1") => {
  seq += 1;
  say({ ...frame, session_id, seq, prev_seq: seq - 1 });
};
const reading = (timestamp_ms: number, bt = 25) => ({ type: "temperature", timestamp_ms, bt, et: 40, bt_ror: 1, et_ror: 1, extra_channels: {}, controls: { burner: 0.5 }, quality: {} });
const state = (now: string, before: string, previous_session_id: string | null = null) => ({ type: "state", state: now, previous_state: before, started_at: null, elapsed_ms: 0, previous_session_id });
const complete = { type: "sync_complete", from_ms: 0, last_timestamp_ms: 0, count: 0, truncated: false };

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance"] });
  vi.stubGlobal("fetch", (path: string) => Promise.resolve(new Response(JSON.stringify(path.includes("/session") ? VIEW : { id: "p12", name: "Probat" }), { status: 200 })));
  seq = 100;
  machine = new MachineStore("p12", {
    clientId: "0123456789", name: () => "tablet", page: () => "http://shop.lan:8080/ui/index.html#/m/p12",
    openSocket: (url) => {
      expect(url).toBe("ws://shop.lan:8080/ui/ws/live/p12?name=tablet&client_id=0123456789&heartbeat=5");
      socket = new FakeSocket();
      return socket as unknown as SocketLike;
    },
  });
  release = machine.hold();
  socket.onopen?.();
  await vi.advanceTimersByTimeAsync(10);
  say(complete);
});

afterEach(() => {
  release();
  machine.controls.dispose();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("a machine's store", () => {
  it("shows the curve of a page opened in the middle of a session", () => {
    expect([...machine.series.t]).toEqual([1000, 2000, 3000]);
    expect(machine.session.state.value).toBe("monitoring");
    expect(machine.link.value.kind).toBe("live");
    expect(machine.controls.line("burner")?.value.applied).toBe(0.5);
  });

  it("adds live readings to it, each once", () => {
    live(reading(4000));
    live(reading(5000));
    live(reading(5000, 99));
    expect([...machine.series.t]).toEqual([1000, 2000, 3000, 4000, 5000]);
    machine.publish();
    expect(machine.session.readout.value?.timestamp_ms).toBe(5000);
  });

  it("counts down to the next event for whoever reads the forecast once", () => {
    const mark = (event_type: string, timestamp_ms: number) => ({ type: "event", event_type, timestamp_ms, bt_at_event: 80, et_at_event: null, auto_detected: true });
    live(state("recording", "monitoring", "s1"), "s2");
    live(mark("CHARGE", 0), "s2");
    live(mark("TP", 1000), "s2");
    const told: (number | undefined)[] = [];
    const end = effect(() => void told.push(forecast(machine, null).eta?.inMs));
    for (let second = 1; second <= 90; second += 1) {
      live(reading(second * 1000, 100 + second / 4), "s2");
      vi.advanceTimersByTime(1000);
      tick.value = nowMs();
    }
    end();
    const seconds = told.filter((ms) => ms !== undefined).map((ms) => Math.round(ms / 1000));
    expect(seconds.length).toBeGreaterThan(10);
    expect(seconds).toEqual(seconds.map((_, i) => (seconds[0] ?? 0) - i));
  });

  it("keeps the preheat as negative time when recording starts", () => {
    live(reading(4000));
    live(state("recording", "monitoring", "s1"), "s2");
    live(reading(1000), "s2");
    expect(machine.session.sessionId.value).toBe("s2");
    expect(machine.series.length).toBe(5);
    expect(machine.series.t[3]).toBeLessThanOrEqual(0);
    expect(machine.series.lastMs).toBe(1000);
  });

  it("empties the curve for any other new session", () => {
    live(state("monitoring", "idle", "s1"), "s9");
    expect(machine.series.length).toBe(0);
    live(reading(1000), "s9");
    expect([...machine.series.t]).toEqual([1000]);
  });

  it("forgets the events of the session before", () => {
    live({ type: "event", event_type: "CHARGE", timestamp_ms: 100, auto_detected: true, provisional: false, bt_at_event: 1, et_at_event: 2 });
    expect(machine.events.marks.value.size).toBe(1);
    live(state("recording", "monitoring", "s1"), "s2");
    expect(machine.events.marks.value.size).toBe(0);
  });

  it("confirms, moves and removes an event", () => {
    const mark = { type: "event", event_type: "DROP", timestamp_ms: 100, auto_detected: true, provisional: true, bt_at_event: 1, et_at_event: 2 };
    live(mark);
    live({ ...mark, provisional: false, timestamp_ms: 90 });
    expect(machine.events.marks.value.get("DROP")).toMatchObject({ provisional: false, timestamp_ms: 90 });
    live({ type: "event_removed", event_type: "DROP" });
    expect(machine.events.marks.value.has("DROP")).toBe(false);
  });

  it("offers to undo an event this tab set, for ten seconds", () => {
    machine.mark("FCs");
    expect(socket.sent.at(-1)).toMatchObject({ type: "command", action: "mark_event", event_type: "FCs" });
    expect(machine.events.undoable.value).toBe("FCs");
    machine.undo();
    expect(socket.sent.at(-1)).toMatchObject({ type: "command", action: "unmark_event", event_type: "FCs" });
    machine.mark("FCs");
    vi.advanceTimersByTime(10_001);
    expect(machine.events.undoable.value).toBeNull();
  });

  it("says that readings are old as soon after a long silence as before it", async () => {
    const every = async (ms: number, count: number) => {
      for (let n = 0; n < count; n += 1) {
        live(reading(4000 + seq));
        await vi.advanceTimersByTimeAsync(ms);
      }
    };
    await every(500, 5);
    await every(8_000, 1);
    await every(500, 2);
    expect(machine.link.value.kind).toBe("live");
    await vi.advanceTimersByTimeAsync(2_800);
    expect(machine.link.value.kind).toBe("stale");
  });

  it("notes when a recording ended and stays there while readings go on", () => {
    live(state("recording", "monitoring", "s1"), "s2");
    live(reading(1000), "s2");
    live({ ...state("finished", "recording"), elapsed_ms: 1500 }, "s2");
    live(reading(9000), "s2");
    expect(machine.session.endedMs.value).toBe(1500);
  });

  it("counts the session's time from what the daemon says, forwards only", () => {
    live(reading(10_000));
    vi.advanceTimersByTime(400);
    expect(machine.elapsedMs()).toBeCloseTo(10_400, -1);
    say({ type: "heartbeat", elapsed_ms: 10_100 });
    expect(machine.elapsedMs()).toBeGreaterThanOrEqual(10_400);
  });

  it("keeps an alarm until it is normal, and never goes back to an older occurrence", () => {
    const alarm = { type: "alarm", alarm_id: "high_bt", message: "hot", severity: "warning", timestamp_ms: 1, bt: 1, et: 1, occurrence: 5, latched: false, alarm_state: "unacked" };
    live(alarm);
    live({ ...alarm, occurrence: 4, alarm_state: "normal" });
    expect(machine.alarms.active.value).toHaveLength(1);
    machine.ackTopAlarm();
    expect(socket.sent.at(-1)).toMatchObject({ type: "command", action: "ack_alarm", alarm_id: "high_bt", occurrence: 5 });
    live({ ...alarm, alarm_state: "normal" });
    expect(machine.alarms.active.value).toEqual([]);
  });

  it("shows a refusal of its own order at the control and every other one as a notice", () => {
    machine.controls.commit("burner", 0.9);
    const request_id = socket.sent.at(-1)?.["request_id"];
    say({ type: "error", code: "INTERLOCK_BLOCKED", message: "Open the air first", recoverable: true, request_id });
    expect(machine.controls.line("burner")?.value.ask).toMatchObject({ kind: "refused", reason: "Open the air first" });
    say({ type: "error", code: "SESSION_LOCKED", message: "tablet-2 controls this machine", recoverable: true });
    expect(machine.session.notices.value.map((notice) => notice.message)).toEqual(["tablet-2 controls this machine"]);
  });

  it("sends STOP over REST when there is no socket, and says so when that fails too", async () => {
    socket.onclose?.({ code: 1006, reason: "" } as CloseEvent);
    const called: string[] = [];
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      called.push(`${init.method} ${path}`);
      return Promise.resolve(new Response("{}", { status: 200 }));
    });
    await expect(machine.stop()).resolves.toBeNull();
    expect(called).toEqual(["POST api/machines/p12/stop"]);
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("unreachable")));
    await expect(machine.stop()).resolves.toMatch(/emergency switch/);
  });

  it("does not believe a socket that brings no word after STOP, and goes over REST as well", async () => {
    const called: string[] = [];
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      called.push(`${init.method} ${path}`);
      return Promise.resolve(new Response("{}", { status: 200 }));
    });
    const answered = machine.stop();
    expect(socket.sent.at(-1)).toMatchObject({ type: "command", action: "emergency_stop" });
    live({ type: "safety", latched: true, reason: "stop", since: null, channels: ["burner"] });
    await expect(answered).resolves.toBeNull();
    expect(called, "the socket's word is enough").toEqual([]);
    live({ type: "safety", latched: false, reason: null, since: null, channels: [] });
    const silent = machine.stop();
    await vi.advanceTimersByTimeAsync(1_100);
    await expect(silent).resolves.toBeNull();
    expect(called).toEqual(["POST api/machines/p12/stop"]);
  });

  it("tells what a refused command was, so that it is said where it was pressed", () => {
    machine.mark("FCs");
    const request_id = socket.sent.at(-1)?.["request_id"];
    say({ type: "error", code: "INVALID_STATE_TRANSITION", message: "mark_event needs a recording", recoverable: true, request_id });
    expect(machine.session.notices.value[0]).toMatchObject({ about: "mark_event", message: "mark_event needs a recording" });
  });

  it("has a tone for an event that the daemon found, once, and none for one that a replayed frame or a person brings", () => {
    const found = { type: "event", event_type: "TP", timestamp_ms: 100, auto_detected: true, provisional: true, bt_at_event: 1, et_at_event: 2 };
    live({ ...found, event_type: "CHARGE", auto_detected: false });
    expect(machine.occasion.value).toBeNull();
    live(found);
    expect(machine.occasion.value).toEqual({ what: "event", type: "TP" });
    machine.occasion.value = null;
    live({ ...found, provisional: false });
    expect(machine.occasion.value, "confirming it is no second event").toBeNull();
  });

  it("counts a countdown down to its tone, and not at all once it is cleared", () => {
    machine.countdown.start(5_000);
    vi.advanceTimersByTime(4_999);
    expect(machine.occasion.value).toBeNull();
    vi.advanceTimersByTime(1);
    expect(machine.occasion.value).toEqual({ what: "timer" });
    machine.occasion.value = null;
    machine.countdown.start(1_000);
    machine.countdown.stop();
    vi.advanceTimersByTime(2_000);
    expect(machine.occasion.value).toBeNull();
  });

  it("counts readings as old only when they stay away", () => {
    live(reading(4000));
    expect(machine.isStale()).toBe(false);
    vi.advanceTimersByTime(3600);
    expect(machine.isStale()).toBe(true);
    expect(machine.edgeMs(), "the hatched end goes on").toBeGreaterThan(7000);
  });

  it("lets its socket go a little after its last user, so that a change of screen keeps it", () => {
    release();
    vi.advanceTimersByTime(1000);
    release = machine.hold();
    vi.advanceTimersByTime(5000);
    expect(machine.link.value.kind).not.toBe("idle");
    release();
    vi.advanceTimersByTime(3001);
    expect(machine.link.value.kind).toBe("idle");
    release = machine.hold();
    expect(machine.link.value.kind).toBe("connecting");
  });
});
