// What the connection and the driver say about themselves, in words. One place, so that the wall and the cockpit agree.

import { age } from "../model/format";
import type { LinkState } from "../link/state";
import type { Connection, DriverState } from "../wire/types";

/** How loud a state is: only what is wrong gets a colour. */
export type Tone = "plain" | "warning" | "critical";

/**
 * A state in words, with the icon that stands for it. `lasting`: the same without what counts down, for a voice that reads
 * every change out.
 */
export type Status = { icon: "dot" | "ring" | "triangle" | "octagon" | "clock" | "slash"; tone: Tone; text: string; lasting?: string; code: string };

/** A number older than this is not shown any more: somebody would read it as the machine's. Unit: ms. */
const SHOWN_FOR_MS = 10_000;

/** Whether a number of that age has nothing to say about now. */
export function isTooOld(ageMs: number | null): boolean {
  return ageMs !== null && ageMs > SHOWN_FOR_MS;
}

const seconds = (ms: number): string => `${Math.max(0, Math.ceil(ms / 1000))} s`;

/** The link of this tab. `ageMs`: time since the newest reading. `isDue`: whether readings should be coming. */
export function linkStatus(state: LinkState, now: number, ageMs: number | null, isDue: boolean): Status {
  switch (state.kind) {
    case "idle":
    case "connecting":
      return { icon: "ring", tone: "plain", text: "connecting", code: "connecting" };
    case "syncing":
      return { icon: "ring", tone: "plain", text: state.missingMs !== null && state.missingMs > 2_000 ? `filling ${age(state.missingMs)}…` : "syncing", code: "syncing" };
    case "live":
      // A driver without its machine: the socket lives, but a number from before must not look alive.
      if (!isDue) return { icon: "ring", tone: "plain", text: "no readings", code: "live" };
      return { icon: "dot", tone: "plain", text: ageMs === null ? "live" : `live ${age(ageMs)}`, code: "live" };
    case "stale":
      return { icon: "clock", tone: "warning", text: ageMs === null ? "no readings" : `stale, ${age(ageMs)} ago`, code: "stale" };
    case "waiting":
      return { icon: "triangle", tone: "warning", text: `${state.reason === "" ? "" : `${state.reason}: `}reconnecting, try ${state.attempt} in ${seconds(state.retryAtMs - now)}`, code: "reconnecting" };
    case "polling":
      return {
        icon: "triangle", tone: "warning", code: "polling",
        text: state.retryAtMs === null ? "slow mode (HTTP), trying" : `slow mode (HTTP), try ${state.attempt} in ${seconds(state.retryAtMs - now)}`,
      };
    case "denied":
      return { icon: "slash", tone: "critical", text: "not allowed", code: "denied" };
    case "gone":
      return { icon: "slash", tone: "critical", text: "no such machine", code: "gone" };
  }
}

/** The machine's driver; null while it answers, because then there is nothing to say. */
export function driverStatus(connection: Connection, retryAtMs: number | null, now: number): Status | null {
  const next = retryAtMs === null || retryAtMs <= now ? "" : `, next try in ${seconds(retryAtMs - now)}`;
  const why = connection.message === "" ? "" : `: ${connection.message}`;
  const told = (icon: Status["icon"], tone: Tone, lasting: string, soon = ""): Status => ({ icon, tone, lasting, text: lasting + soon, code: connection.driver_state });
  switch (connection.driver_state) {
    case "connected":
      return null;
    case "disconnected":
      return told("ring", "plain", `Machine not connected${why}`);
    case "connecting":
      return told("ring", "plain", `Connecting to the machine${why}`);
    case "reconnecting":
      return told("triangle", "warning", `Machine does not answer${why}`, next);
    case "restarting":
      return told("triangle", "warning", `Driver is restarting (${connection.restarts ?? 0} so far)${why}`, next);
    case "failed":
      return told("octagon", "critical", `Driver failed${why}`);
  }
}

/** A driver's state in a word, also while it answers. */
export function driverWords(state: DriverState): Pick<Status, "icon" | "tone" | "text"> {
  switch (state) {
    case "connected":
      return { icon: "dot", tone: "plain", text: "connected" };
    case "failed":
      return { icon: "octagon", tone: "critical", text: "failed" };
    case "reconnecting":
    case "restarting":
      return { icon: "triangle", tone: "warning", text: state };
    case "connecting":
    case "disconnected":
      return { icon: "ring", tone: "plain", text: state === "disconnected" ? "not connected" : state };
  }
}
