import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { decode } from "../src/wire/decode";

// The golden frames of the wire contract: the daemon's tests hold it to them, these hold the page to the same.
const DIR = new URL("../../tests/wire/openroast/", import.meta.url);
const read = (name: string) => JSON.parse(readFileSync(new URL(name, DIR), "utf8")) as { frames?: unknown[] };
const names = readdirSync(DIR).filter((name) => name.endsWith(".json"));
const KNOWN = ["temperature", "event", "event_removed", "state", "alarm", "replay", "replay_status", "control_ack", "error", "connection", "controls", "safety", "control_lease", "control_request", "sync_complete"];

describe("the golden frames", () => {
  const frames = names.flatMap((name) => (read(name).frames ?? []).map((frame) => ({ name, frame: frame as { type: string } })));

  it("are all taken as they are, but for the types this page has no use for", () => {
    for (const { name, frame } of frames) {
      const decoded = decode(JSON.stringify(frame));
      if (decoded.ok) expect(decoded.frame, name).toEqual(frame);
      else expect(decoded, `${name} ${JSON.stringify(frame)}`).toMatchObject({ why: "unknown_type", detail: "task" });
    }
  });

  it("show every frame that this page knows", () => {
    const seen = new Set(frames.map(({ frame }) => frame.type));
    expect(KNOWN.filter((type) => !seen.has(type))).toEqual([]);
  });
});
