import { describe, expect, it } from "vitest";
import { Stream, type Step } from "../src/link/stream";
import type { Frame } from "../src/wire/decode";
import type { SessionView } from "../src/wire/types";

const reading = (seq: number, prev_seq: number | null = seq - 1, session_id = "s1", timestamp_ms = seq * 1000) =>
  ({ type: "temperature", timestamp_ms, bt: 1, et: 2, bt_ror: null, et_ror: null, extra_channels: {}, controls: {}, quality: {}, seq, prev_seq, session_id }) as Frame;
const done = (truncated = false) => ({ type: "sync_complete", from_ms: 0, last_timestamp_ms: 0, count: 0, truncated }) as Frame;
const seqs = (steps: Step[]) => steps.flatMap((step) => (step.do === "deliver" ? step.frames.map((frame) => frame.seq) : []));
const syncs = (steps: Step[]) => steps.flatMap((step) => (step.do === "sync" ? [step.held] : []));

/** A stream that has caught up with these frames. */
function following(...held: Frame[]): Stream {
  const stream = new Stream();
  stream.opened();
  stream.resync();
  held.forEach((frame) => stream.accept(frame));
  stream.accept(done());
  return stream;
}

describe("the stream of a machine", () => {
  it("holds frames back until it has caught up, and gives them on by seq, each once", () => {
    const stream = new Stream();
    stream.opened();
    expect(seqs(stream.accept(reading(12)))).toEqual([]);
    expect(syncs(stream.resync())).toEqual([{ action: "sync" }]);
    for (const seq of [10, 11, 12, 10]) stream.accept(reading(seq));
    const steps = stream.accept(done());
    expect(seqs(steps)).toEqual([10, 11, 12]);
    expect(steps.at(-1)).toEqual({ do: "caught_up", truncated: false });
  });

  it("gives on at once what is outside the stream", () => {
    const stream = new Stream();
    stream.opened();
    const greeting = { type: "heartbeat", elapsed_ms: 5 } as Frame;
    expect(stream.accept(greeting)).toEqual([{ do: "deliver", frames: [greeting], replayed: false }]);
  });

  it("sees a gap by prev_seq and asks for exactly what is missing", () => {
    const stream = following(reading(10));
    stream.accept(reading(11));
    const steps = stream.accept(reading(15, 14));
    expect(seqs(steps)).toEqual([]);
    expect(syncs(steps)).toEqual([{ action: "sync", last_timestamp_ms: 11_000, session_id: "s1", last_seq: 11 }]);
    for (const seq of [12, 13, 14]) stream.accept(reading(seq));
    stream.accept(reading(16));
    expect(seqs(stream.accept(done()))).toEqual([12, 13, 14, 15, 16]);
  });

  it("takes whatever comes first after catching up, and is strict again after that", () => {
    const stream = following(reading(10));
    expect(seqs(stream.accept(reading(30, 29)))).toEqual([30]);
    expect(syncs(stream.accept(reading(33, 32)))).toHaveLength(1);
  });

  it("drops what it already has", () => {
    const stream = following(reading(10), reading(11));
    expect(stream.accept(reading(11))).toEqual([]);
    expect(stream.accept(reading(4))).toEqual([]);
  });

  it("takes the first frame after a restart of the daemon for a gap", () => {
    const stream = following(reading(10));
    stream.accept(reading(11));
    expect(syncs(stream.accept(reading(40, null)))).toHaveLength(1);
  });

  it("forgets the old session's time when a new session begins", () => {
    const stream = following(reading(10, 9, "s1", 900_000));
    stream.accept(reading(11, 10, "s2", 1_000));
    expect(stream.lastTimestampMs).toBe(1_000);
    expect(syncs(stream.resync())).toEqual([{ action: "sync", last_timestamp_ms: 1_000, session_id: "s2", last_seq: 11 }]);
  });

  it("goes on from a view without claiming a seq it never saw", () => {
    const stream = following(reading(10));
    const series = { timestamp_ms: [50_000], bt: [1], et: [1], bt_ror: [1], et_ror: [1], extra_channels: {} };
    stream.adoptView({ session_id: "s1", series } as unknown as SessionView);
    expect(syncs(stream.resync())).toEqual([{ action: "sync", last_timestamp_ms: 50_000, session_id: "s1" }]);
  });

  it("wants the curve by REST on a first load and after more than the daemon's memory", () => {
    expect(new Stream().wantsBackfill(0)).toBe(true);
    const stream = following(reading(10));
    expect(stream.wantsBackfill(59_000)).toBe(false);
    expect(stream.wantsBackfill(61_000)).toBe(true);
  });

  it("shows what it has when a server never says that it is done", () => {
    const stream = new Stream();
    stream.opened();
    stream.resync();
    stream.accept(reading(5));
    const steps = stream.giveUpWaiting();
    expect(seqs(steps)).toEqual([5]);
    expect(steps.at(-1)).toEqual({ do: "caught_up", truncated: true });
    expect(stream.giveUpWaiting()).toEqual([]);
  });

  it("loses and doubles nothing, whatever order and however often frames come", () => {
    let seed = 7;
    const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 200; round += 1) {
      const stream = new Stream();
      const given: number[] = [];
      const log: Frame[] = [];
      let isAdopting = true;
      const take = (steps: Step[]): void => {
        given.push(...(seqs(steps) as number[]));
        for (const held of syncs(steps)) {
          log.filter((frame) => (frame.seq ?? 0) > (held.last_seq ?? 0)).forEach((frame) => take(stream.accept(frame)));
          take(stream.accept(done()));
          isAdopting = true;
        }
      };
      stream.opened();
      take(stream.resync());
      for (let seq = 1; seq <= 40; seq += 1) {
        const frame = reading(seq, seq === 1 ? null : seq - 1);
        log.push(frame);
        // A frame may be lost on the way, come once, or come twice; only the one that is adopted unseen always comes.
        const copies = isAdopting ? 1 + random(2) : random(3);
        isAdopting = false;
        for (let copy = 0; copy < copies; copy += 1) take(stream.accept(frame));
      }
      take(stream.resync());
      expect(given).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    }
  });
});
