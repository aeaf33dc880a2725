// Where the connection between this tab and the daemon stands. What the machine's own driver does is another matter.
//
//   idle ─> connecting ─> syncing ─> live <─> stale
//              ^  └────────┴─────────┴────────┘ lost
//              │                     v
//              └──── waiting (1…3) ──┤
//              └──── polling (4…)  <─┘          denied, gone: ends, no retry

/** One state of a link. Times are those of `nowMs()`. */
export type LinkState =
  | { kind: "idle" }
  | { kind: "connecting"; attempt: number }
  /** Open, but what happened meanwhile is still being filled in. `missingMs`: how long the absence was, if known. */
  | { kind: "syncing"; missingMs: number | null }
  | { kind: "live" }
  /** Open, but readings that should come do not. */
  | { kind: "stale" }
  /** `reason`: why the daemon parted, where it said so. */
  | { kind: "waiting"; attempt: number; retryAtMs: number; reason: string }
  /** Attempts go on (`retryAtMs` is null during one); until one succeeds the session is fetched over HTTP. */
  | { kind: "polling"; attempt: number; retryAtMs: number | null }
  | { kind: "denied"; reason: string }
  | { kind: "gone"; reason: string };

/** Whether what is sent now reaches the daemon over the socket. */
export function canSend(state: LinkState): boolean {
  return state.kind === "live" || state.kind === "stale" || state.kind === "syncing";
}
