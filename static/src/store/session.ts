// What a machine's session is and how its driver does, for text on screen.

import { signal } from "@preact/signals";
import type { Connection, ControlRequest, Lease, ReplayStatus, Safety, SessionState } from "../wire/types";
import type { Point } from "./series";

/** Something that went wrong or was refused, kept for the log and shown where it belongs. */
export type Notice = { id: number; code: string; message: string; atMs: number; about: string | null };

const NOTICES_KEPT = 50;

export class SessionStore {
  readonly state = signal<SessionState>("idle");
  readonly sessionId = signal<string | null>(null);
  readonly startedAt = signal<string | null>(null);
  readonly connection = signal<Connection>({
    driver_state: "disconnected", driver_name: "", message: "", retry_in_ms: null, restarts: 0,
  });
  /** When the next driver attempt is due, on `nowMs()`; null if none is announced. */
  readonly driverRetryAtMs = signal<number | null>(null);
  readonly safety = signal<Safety>({ latched: false, reason: null, since: null, channels: [] });
  readonly lease = signal<Lease>({ holder: null, yours: false, expires_in_ms: null });
  readonly request = signal<(ControlRequest & { untilMs: number }) | null>(null);
  readonly replay = signal<ReplayStatus | null>(null);
  /** The newest reading, at most four times a second. */
  readonly readout = signal<Point | null>(null);
  /** Channels that cannot be believed, by id. */
  readonly quality = signal<{ [key in string]: string }>({});
  /** When the recording ended, if this tab saw it. Session clock. Unit: ms. */
  readonly endedMs = signal<number | null>(null);
  /** Part of the curve could not be filled in again. */
  readonly truncated = signal(false);
  /** Newest first. */
  readonly notices = signal<Notice[]>([]);
  #noticeCount = 0;

  /** `about`: the command that was refused, if it is known. */
  notice(code: string, message: string, atMs: number, about: string | null = null): void {
    this.#noticeCount += 1;
    this.notices.value = [{ id: this.#noticeCount, code, message, atMs, about }, ...this.notices.peek()].slice(0, NOTICES_KEPT);
  }

  /** Takes a notice off the screen. */
  dismiss(id: number): void {
    this.notices.value = this.notices.peek().filter((notice) => notice.id !== id);
  }
}
