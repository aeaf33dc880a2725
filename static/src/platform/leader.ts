// One tab of this device makes the sounds: of those that may, one that is seen before one that is not (browsers let hidden
// ones doze), then the one with the lowest id. A tab that falls silent for a few seconds has lost its turn. `navigator.locks`
// would do it, but plain http has none.

import { signal, type ReadonlySignal } from "@preact/signals";

const CHANNEL = "hearth.sound";
const BEAT_MS = 1_500;
const GONE_MS = 5_000;

type Word = { from: string; isHidden: boolean; canPlay: boolean };

/** Whether this tab leads, kept up to date; `canPlay` says whether it could. */
export function leadership(id: string, canPlay: () => boolean): { leads: ReadonlySignal<boolean>; announce: () => void } {
  const leads = signal(true);
  if (typeof BroadcastChannel === "undefined") return { leads, announce: () => undefined };
  const channel = new BroadcastChannel(CHANNEL);
  const heard = new Map<string, { rank: string; at: number }>();
  const rankOf = (isHidden: boolean, from: string) => `${isHidden ? 1 : 0}${from}`;
  const judge = () => {
    const now = performance.now();
    for (const [other, { at }] of heard) if (now - at > GONE_MS) heard.delete(other);
    const own = rankOf(document.hidden, id);
    leads.value = [...heard.values()].every(({ rank }) => rank > own);
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    if (data.canPlay) heard.set(data.from, { rank: rankOf(data.isHidden, data.from), at: performance.now() });
    else heard.delete(data.from);
    judge();
  });
  const say = (can: boolean) => channel.postMessage({ from: id, isHidden: document.hidden, canPlay: can } satisfies Word);
  const announce = () => {
    say(canPlay());
    judge();
  };
  setInterval(announce, BEAT_MS);
  document.addEventListener("visibilitychange", announce);
  addEventListener("pagehide", () => say(false));
  announce();
  return { leads, announce };
}
