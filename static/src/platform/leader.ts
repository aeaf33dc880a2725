// One tab of this device makes the sounds: of those that may, the one with the lowest id. A tab that falls silent for a few
// seconds has lost its turn. `navigator.locks` would do it, but plain http has none.

import { signal, type ReadonlySignal } from "@preact/signals";

const CHANNEL = "hearth.sound";
const BEAT_MS = 1_500;
const GONE_MS = 5_000;

type Word = { from: string; canPlay: boolean };

/** Whether this tab leads, kept up to date; `canPlay` says whether it could. */
export function leadership(id: string, canPlay: () => boolean): { leads: ReadonlySignal<boolean>; announce: () => void } {
  const leads = signal(true);
  if (typeof BroadcastChannel === "undefined") return { leads, announce: () => undefined };
  const channel = new BroadcastChannel(CHANNEL);
  const heard = new Map<string, number>();
  const judge = () => {
    const now = performance.now();
    for (const [other, at] of heard) if (now - at > GONE_MS) heard.delete(other);
    leads.value = [...heard.keys()].every((other) => other > id);
  };
  channel.addEventListener("message", ({ data }: MessageEvent<Word>) => {
    if (data.canPlay) heard.set(data.from, performance.now());
    else heard.delete(data.from);
    judge();
  });
  const announce = () => {
    channel.postMessage({ from: id, canPlay: canPlay() } satisfies Word);
    judge();
  };
  setInterval(announce, BEAT_MS);
  addEventListener("pagehide", () => channel.postMessage({ from: id, canPlay: false } satisfies Word));
  announce();
  return { leads, announce };
}
