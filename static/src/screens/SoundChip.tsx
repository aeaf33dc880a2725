// Whether this device can be heard, in a word; a tap arms it, silences it for two minutes, or ends the silence.

import { duration } from "../model/format";
import { arm, silenceHere, silentUntil, soundState } from "../platform/sound";
import { settings } from "../store/settings";
import { tick } from "../store/ticker";
import { Icon } from "../ui/Icon";

export function SoundChip() {
  const state = soundState.value;
  const press = () => {
    if (state === "off") settings.sound.value = "on";
    if (state === "off" || state === "unarmed") void arm();
    else silenceHere();
  };
  const left = silentUntil.value === null ? 0 : silentUntil.value - tick.value;
  const words = { off: "Sound: off", unarmed: "Sound: tap to arm", on: "Silence here", elsewhere: "Sound: in another tab", silenced: `Silent ${duration(Math.max(0, left))}` };
  return (
    <button type="button" class="button" data-testid="sound" data-state={state} aria-label={words[state]} title={words[state]} aria-pressed={state === "silenced"} disabled={state === "elsewhere"} onClick={press}>
      <Icon name={state === "on" ? "sound" : "mute"} /> <span class={state === "silenced" ? "" : "roomy"}>{words[state]}</span>
    </button>
  );
}
