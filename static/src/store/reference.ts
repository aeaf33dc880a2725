// A saved profile to compare with, and what it says about this moment.

import { signal } from "@preact/signals";
import { rest } from "../link/rest";
import type { EventType, ProfileDocument } from "../wire/types";
import { SeriesStore } from "./series";

/** A profile with its curve in columns. */
export type LoadedProfile = { document: ProfileDocument; series: SeriesStore };

/** Lays out a profile's curve. */
export function loadProfile(document: ProfileDocument): LoadedProfile {
  const series = new SeriesStore();
  series.insertColumns(document.series);
  return { document, series };
}

/** When an event happened in a profile. Unit: ms. */
export function eventMs(document: ProfileDocument, type: EventType): number | null {
  return document.events.find((event) => event.event_type === type)?.timestamp_ms ?? null;
}

/** BT of a curve at a moment, between its readings; null outside it or where it has a hole. */
export function btAt(series: SeriesStore, ms: number): number | null {
  const after = series.indexAt(ms);
  const t = series.t;
  const bt = series.column("bt");
  if (after >= t.length) return null;
  const [t1, b1] = [t[after] ?? NaN, bt[after] ?? NaN];
  if (t1 === ms) return Number.isFinite(b1) ? b1 : null;
  if (after === 0) return null;
  const [t0, b0] = [t[after - 1] ?? NaN, bt[after - 1] ?? NaN];
  const value = b0 + ((b1 - b0) * (ms - t0)) / (t1 - t0);
  return Number.isFinite(value) ? value : null;
}

export class ReferenceStore {
  readonly profile = signal<LoadedProfile | null>(null);
  readonly error = signal<string | null>(null);
  /** Whether its curve is drawn; the number beside BT stays. */
  readonly shown = signal(true);

  /** Fetches a profile to compare with; null takes it away. */
  async choose(id: string | null): Promise<void> {
    this.error.value = null;
    if (id === null) {
      this.profile.value = null;
      return;
    }
    try {
      this.profile.value = loadProfile(await rest.profile(id));
    } catch (error) {
      this.error.value = error instanceof Error ? error.message : String(error);
    }
  }

  /** How far the profile's clock is behind the session's, so that both CHARGEs meet. Unit: ms. */
  shiftMs(chargeMs: number | null): number {
    const profile = this.profile.peek();
    const reference = profile === null ? null : eventMs(profile.document, "CHARGE");
    return (chargeMs ?? 0) - (reference ?? 0);
  }
}
