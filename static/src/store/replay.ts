// A running replay: the profile's curve as it comes, kept apart from the machine's own.

import { signal } from "@preact/signals";
import type { Replay, ReplayStatus } from "../wire/types";
import { SeriesStore } from "./series";

/** Where a replay is. */
export type ReplayPosition = { positionMs: number; totalMs: number; controls: { [key in string]: number } };

export class ReplayStore {
  readonly series = new SeriesStore();
  readonly position = signal<ReplayPosition | null>(null);
  readonly ended = signal<"finished" | "stopped" | null>(null);
  #profile: string | null = null;

  point(frame: Replay): void {
    // A replay that jumps back draws its curve anew from there.
    const last = this.series.lastMs;
    if (last !== null && frame.timestamp_ms < last) this.series.clear();
    this.series.insert(frame);
    this.position.value = { positionMs: frame.timestamp_ms, totalMs: frame.total_duration_ms, controls: frame.controls };
  }

  status(frame: ReplayStatus): void {
    if (frame.profile_id !== this.#profile) this.series.clear();
    this.#profile = frame.profile_id;
    this.ended.value = frame.state === "finished" || frame.state === "stopped" ? frame.state : null;
    this.position.value = {
      positionMs: frame.position_ms, totalMs: frame.total_duration_ms, controls: this.position.peek()?.controls ?? {},
    };
  }
}
