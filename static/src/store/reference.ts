// A saved profile to compare with, and what it says about this moment.

import { signal } from "@preact/signals";
import { messageOf, rest, RestError } from "../link/rest";
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

/** A column of a curve at a moment, between its readings; null outside it or where it has a hole. */
export function valueAt(series: SeriesStore, name: string, ms: number): number | null {
  const after = series.indexAt(ms);
  const t = series.t;
  const column = series.column(name);
  if (after >= t.length) return null;
  const [t1, v1] = [t[after] ?? NaN, column[after] ?? NaN];
  if (t1 === ms) return Number.isFinite(v1) ? v1 : null;
  if (after === 0) return null;
  const [t0, v0] = [t[after - 1] ?? NaN, column[after - 1] ?? NaN];
  const value = v0 + ((v1 - v0) * (ms - t0)) / (t1 - t0);
  return Number.isFinite(value) ? value : null;
}

/** BT and ET of the last reading at or before a moment, as the daemon takes them for a mark. */
export function temperaturesAt(series: SeriesStore, ms: number): { bt: number | null; et: number | null } {
  const after = series.indexAt(ms);
  const row = series.t[after] === ms ? after : after - 1;
  const value = (name: string) => {
    const found = series.column(name)[row];
    return found === undefined || Number.isNaN(found) ? null : found;
  };
  return { bt: value("bt"), et: value("et") };
}

const KEPT = "hearth.reference.";

/** Which profile each machine roasts along, as this device remembers it. Where storage is off, for as long as the page lives. */
export const reference = {
  held: new Map<string, string | null>(),
  keep(machineId: string, profileId: string | null): void {
    this.held.set(machineId, profileId);
    try {
      if (profileId === null) localStorage.removeItem(KEPT + machineId);
      else localStorage.setItem(KEPT + machineId, profileId);
    } catch {
      // Storage is off or full: the choice lives as long as the page.
    }
  },
  of(machineId: string): string | null {
    if (this.held.has(machineId)) return this.held.get(machineId) ?? null;
    try {
      return localStorage.getItem(KEPT + machineId);
    } catch {
      return null;
    }
  },
};

export class ReferenceStore {
  readonly profile = signal<LoadedProfile | null>(null);
  readonly error = signal<string | null>(null);
  /** Whether its curve is drawn; the number beside BT stays. */
  readonly shown = signal(true);

  readonly #machineId: string;

  /** Begins with what the machine roasted along last. */
  constructor(machineId: string) {
    this.#machineId = machineId;
    const kept = reference.of(machineId);
    if (kept !== null) void this.#load(kept);
  }

  /** Fetches a profile to compare with; null takes it away. */
  async choose(id: string | null): Promise<void> {
    reference.keep(this.#machineId, id);
    this.error.value = null;
    if (id === null) this.profile.value = null;
    else await this.#load(id);
  }

  async #load(id: string): Promise<void> {
    try {
      const document = await rest.profile(id);
      // Another one may have been chosen meanwhile.
      if (reference.of(this.#machineId) === id) this.profile.value = loadProfile(document);
    } catch (error) {
      if (error instanceof RestError && error.status === 404) reference.keep(this.#machineId, null);
      this.error.value = messageOf(error);
    }
  }

  /** How far the profile's clock is behind the session's, so that both CHARGEs meet. Unit: ms. */
  shiftMs(chargeMs: number | null): number {
    const profile = this.profile.peek();
    const reference = profile === null ? null : eventMs(profile.document, "CHARGE");
    return (chargeMs ?? 0) - (reference ?? 0);
  }
}
