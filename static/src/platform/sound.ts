// Alarm sounds: oscillators, no files. Browsers stay silent until the page was touched once, and say so nowhere: the chip does.

import { effect, signal } from "@preact/signals";
import { Annunciator, SILENCE_MS, TUNES, type Tune } from "../model/annunciate";
import { wantsAck } from "../store/alarms";
import type { MachinesStore } from "../store/machines";
import { settings } from "../store/settings";
import { leadership } from "./leader";

/** What this device's sound is up to. */
export type SoundState = "off" | "unarmed" | "on" | "silenced" | "elsewhere";

const LOOK_MS = 1_000;
/** Loudness ends in a slope this long: a beep that is cut off clicks. Unit: s. */
const FADE_S = 0.02;

let context: AudioContext | null = null;
let announce = (): void => undefined;

/** What the chip says. */
export const soundState = signal<SoundState>("unarmed");
/** Until when it is silent here, on the page's monotonic clock; null if it is not. Unit: ms. */
export const silentUntil = signal<number | null>(null);

/** Makes sound possible; must be called from a tap or a key press. */
export async function arm(): Promise<void> {
  if (typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  await context.resume();
  judge();
  announce();
}

/** Silent here for two minutes; once more ends it. What is seen stays. */
export function silenceHere(): void {
  silentUntil.value = silentUntil.peek() === null ? performance.now() + SILENCE_MS : null;
  judge();
}

/** Plays a sound now, whatever else holds. False if the page may not. */
export function play(tune: Tune): boolean {
  if (context === null || context.state !== "running") return false;
  for (const { hz, atMs, forMs, loudness } of TUNES[tune]) {
    const from = context.currentTime + atMs / 1000;
    const to = from + forMs / 1000;
    const tone = new OscillatorNode(context, { frequency: hz, type: "triangle" });
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, from);
    gain.gain.linearRampToValueAtTime(loudness, from + FADE_S);
    gain.gain.setValueAtTime(loudness, to - FADE_S);
    gain.gain.linearRampToValueAtTime(0, to);
    tone.connect(gain).connect(context.destination);
    tone.start(from);
    tone.stop(to);
  }
  if (tune === "critical") navigator.vibrate?.([200, 100, 200, 100, 200]);
  return true;
}

let leads: () => boolean = () => true;

function judge(): void {
  const until = silentUntil.peek();
  if (until !== null && performance.now() >= until) silentUntil.value = null;
  soundState.value = settings.sound.peek() === "off" ? "off"
    : context?.state !== "running" ? "unarmed"
    : silentUntil.peek() !== null ? "silenced"
    : leads() ? "on" : "elsewhere";
}

/** Follows the alarms of the house for as long as the page lives. */
export function startSound(house: MachinesStore): void {
  const annunciator = new Annunciator();
  const lead = leadership(house.clientId, () => settings.sound.peek() === "on" && context?.state === "running");
  leads = () => lead.leads.peek();
  announce = lead.announce;
  const sound = () => {
    judge();
    const open = house.alarms.peek().filter(({ alarm }) => wantsAck(alarm)).map(({ machine, alarm }) => ({
      key: `${machine.id}/${alarm.alarm_id}/${alarm.occurrence}`, severity: alarm.severity,
    }));
    // While silent or elsewhere nothing is remembered as told: it is due when the silence ends.
    if (soundState.peek() !== "on") return;
    const tune = annunciator.due(performance.now(), open);
    if (tune !== null) play(tune);
  };
  effect(() => {
    void [house.alarms.value, settings.sound.value, lead.leads.value, silentUntil.value];
    sound();
  });
  setInterval(sound, LOOK_MS);
  effect(() => {
    for (const { id } of house.items.value) {
      const { occasion } = house.get(id);
      const what = occasion.value;
      if (what === null) continue;
      occasion.value = null;
      if (soundState.peek() === "on") play(what.what);
    }
  });
  for (const gesture of ["pointerdown", "keydown"] as const) {
    addEventListener(gesture, ({ target }) => {
      // The chip arms by itself: armed before its click, the click would mean silence.
      const isChip = target instanceof Element && target.closest("[data-testid=sound]") !== null;
      if (soundState.peek() === "unarmed" && !isChip) void arm();
    }, { capture: true });
  }
}
