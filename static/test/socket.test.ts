import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { RestError } from "../src/link/rest";
import { DEAD_MS, HEARTBEAT_S, Link, type LinkPlan, type SocketLike } from "../src/link/socket";
import type { LinkState } from "../src/link/state";
import type { Frame } from "../src/wire/decode";
import type { SessionView } from "../src/wire/types";

class FakeSocket {
  readyState = 0;
  sent: Record<string, unknown>[] = [];
  isAbandoned = false;
  onopen: SocketLike["onopen"] = null;
  onmessage: SocketLike["onmessage"] = null;
  onclose: SocketLike["onclose"] = null;
  onerror: SocketLike["onerror"] = null;
  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }
  close(): void {
    this.isAbandoned = true;
  }
  open(): void {
    this.readyState = 1;
    this.onopen?.(new Event("open"));
  }
  say(frame: unknown): void {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent);
  }
  fail(code = 1006, reason = ""): void {
    this.readyState = 3;
    this.onclose?.({ code, reason } as CloseEvent);
  }
}

const view = (until: number): SessionView => ({ session_id: "s", series: { timestamp_ms: [until], bt: [1], et: [1], bt_ror: [1], et_ror: [1], extra_channels: {} } }) as unknown as SessionView;
const reading = (seq: number, prev_seq = seq - 1) => ({ type: "temperature", timestamp_ms: seq * 1000, bt: 1, et: 1, bt_ror: 1, et_ror: 1, seq, prev_seq, session_id: "s" });
const complete = { type: "sync_complete", from_ms: 0, last_timestamp_ms: 0, count: 0, truncated: false };

let sockets: FakeSocket[];
let states: LinkState[];
let frames: Frame[];
let fetches: (number | null)[];
let fetchView: LinkPlan["fetchView"];
let link: Link;

const last = (): FakeSocket => {
  const socket = sockets.at(-1);
  if (socket === undefined) throw new Error("no socket was opened");
  return socket;
};
const kinds = () => states.map((state) => state.kind);
const flush = () => vi.advanceTimersByTimeAsync(0);

/** Brings the link to live with one reading. */
async function goLive(): Promise<void> {
  last().open();
  await flush();
  last().say(complete);
  last().say(reading(1));
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"] });
  sockets = [];
  states = [];
  frames = [];
  fetches = [];
  fetchView = () => Promise.reject(new RestError(0, "UNREACHABLE", "no daemon"));
  link = new Link({
    url: () => "ws://test",
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as SocketLike;
    },
    fetchView: (since, signal) => {
      fetches.push(since);
      return fetchView(since, signal);
    },
    onFrames: (given) => frames.push(...given),
    onView: () => undefined,
    onState: (state) => states.push(state),
    onTruncated: () => undefined,
    random: () => 0,
  });
});

afterEach(() => {
  link.stop();
  vi.useRealTimers();
});

describe("a link", () => {
  it("goes from idle through connecting and syncing to live", async () => {
    link.start();
    await goLive();
    expect(kinds()).toEqual(["connecting", "syncing", "live"]);
    expect(frames).toHaveLength(1);
  });

  it("asks for the curve by REST first and then only for what is newer", async () => {
    fetchView = () => Promise.resolve(view(45_000));
    link.start();
    last().open();
    await flush();
    expect(fetches).toEqual([null]);
    expect(last().sent).toEqual([{ type: "command", action: "sync", last_timestamp_ms: 45_000, session_id: "s" }]);
  });

  it("tries again after 1, 2, 4, 8, 16, 30 and 30 s for ever", async () => {
    link.start();
    const waits: number[] = [];
    for (let i = 0; i < 7; i += 1) {
      const before = sockets.length;
      const from = performance.now();
      last().fail();
      while (sockets.length === before) await vi.advanceTimersByTimeAsync(100);
      waits.push(performance.now() - from);
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  });

  it("starts over with 1 s only after ten seconds of live, not on open", async () => {
    link.start();
    last().fail();
    await vi.advanceTimersByTimeAsync(1000);
    await goLive();
    await vi.advanceTimersByTimeAsync(5000);
    last().fail();
    expect(states.at(-1)).toMatchObject({ kind: "waiting", attempt: 2 });
    await vi.advanceTimersByTimeAsync(2000);
    await goLive();
    for (let s = 0; s < 11; s += 1) {
      await vi.advanceTimersByTimeAsync(1000);
      last().say({ type: "heartbeat", elapsed_ms: 1 });
    }
    last().fail();
    expect(states.at(-1)).toMatchObject({ kind: "waiting", attempt: 1 });
  });

  it("abandons a socket that is silent, and its late close changes nothing", async () => {
    link.start();
    await goLive();
    const dead = last();
    await vi.advanceTimersByTimeAsync(DEAD_MS + 500);
    expect(dead.isAbandoned).toBe(true);
    expect(states.at(-1)?.kind).toBe("waiting");
    expect(dead.onclose).toBeNull();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sockets).toHaveLength(2);
  });

  it("stays live on heartbeats alone", async () => {
    link.start();
    await goLive();
    for (let s = 0; s < 60; s += HEARTBEAT_S) {
      await vi.advanceTimersByTimeAsync(HEARTBEAT_S * 1000);
      last().say({ type: "heartbeat", elapsed_ms: s });
    }
    expect(states.at(-1)?.kind).toBe("live");
    expect(sockets).toHaveLength(1);
  });

  it("is stale when readings that are due stay away, and live again with the next", async () => {
    link.start();
    await goLive();
    link.expect(1000);
    await vi.advanceTimersByTimeAsync(2900);
    expect(states.at(-1)?.kind).toBe("live");
    await vi.advanceTimersByTimeAsync(600);
    expect(states.at(-1)?.kind).toBe("stale");
    last().say(reading(2));
    expect(states.at(-1)?.kind).toBe("live");
  });

  it("fetches over HTTP from the third failure on, and stops with the first message", async () => {
    link.start();
    last().fail();
    await vi.advanceTimersByTimeAsync(1000);
    last().fail();
    await vi.advanceTimersByTimeAsync(2000);
    fetchView = () => Promise.resolve(view(9_000));
    last().fail();
    await flush();
    expect(states.at(-1)).toMatchObject({ kind: "polling", attempt: 3 });
    await vi.advanceTimersByTimeAsync(3100);
    expect(fetches).toEqual([null, 9_000, 9_000, 9_000]);
    await vi.advanceTimersByTimeAsync(1000);
    last().open();
    await flush();
    expect(states.at(-1)?.kind).toBe("polling");
    last().say({ type: "heartbeat", elapsed_ms: 1 });
    expect(states.at(-1)?.kind).toBe("syncing");
    const asked = fetches.length;
    await vi.advanceTimersByTimeAsync(5000);
    expect(fetches).toHaveLength(asked);
  });

  it("does not try again when the machine does not exist", async () => {
    link.start();
    last().open();
    last().say({ type: "error", code: "MACHINE_NOT_FOUND", message: "There is no such machine", recoverable: false });
    expect(states.at(-1)).toEqual({ kind: "gone", reason: "There is no such machine" });
    await vi.advanceTimersByTimeAsync(120_000);
    expect(sockets).toHaveLength(1);
  });

  for (const [code, kind] of [[4004, "gone"], [4401, "denied"]] as const) {
    it(`does not try again after close code ${code}`, async () => {
      link.start();
      last().fail(code);
      expect(states.at(-1)?.kind).toBe(kind);
      await vi.advanceTimersByTimeAsync(120_000);
      expect(sockets).toHaveLength(1);
    });
  }

  it("says why the daemon parted with one that sent too much, and comes back", async () => {
    link.start();
    last().fail(1008, "too many messages");
    expect(states.at(-1)).toMatchObject({ kind: "waiting", attempt: 1, reason: "too many messages" });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(sockets).toHaveLength(2);
  });

  it("connects at once when the tab comes back while it waits", async () => {
    link.start();
    last().fail();
    link.wake();
    expect(sockets).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(5000);
    expect(sockets, "the old timer opened another").toHaveLength(2);
  });

  it("asks what was missed when the tab comes back while it is open", async () => {
    link.start();
    await goLive();
    link.wake();
    expect(last().sent.at(-1)).toMatchObject({ action: "sync", last_timestamp_ms: 1000, last_seq: 1 });
  });

  it("gives up an attempt that neither opens nor fails", async () => {
    link.start();
    await vi.advanceTimersByTimeAsync(10_500);
    expect(states.at(-1)?.kind).toBe("waiting");
  });

  it("goes live without sync_complete after a while, for a server that knows none", async () => {
    link.start();
    last().open();
    await flush();
    for (let seq = 1; seq < 12; seq += 1) {
      last().say(reading(seq));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(states.at(-1)?.kind).toBe("live");
    expect(frames.map((frame) => frame.seq).slice(0, 3)).toEqual([1, 2, 3]);
  });

  it("counts what it cannot read and goes on", async () => {
    link.start();
    await goLive();
    last().say({ type: "task", id: "t" });
    last().say({ type: "heartbeat" });
    last().say(reading(2));
    expect(link.dropped).toEqual({ unknown_type: 1, malformed: 1 });
    expect(frames).toHaveLength(2);
  });

  it("says so when nothing can be sent", () => {
    expect(link.send({ type: "command", action: "reset" })).toBe(false);
    link.start();
    expect(link.send({ type: "command", action: "reset" })).toBe(false);
  });
});
