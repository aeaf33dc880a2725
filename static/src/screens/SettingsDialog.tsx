// What this device prefers.

import { useSignal, type Signal } from "@preact/signals";
import { deviceName, setDeviceName } from "../link/identity";
import { arm, play, soundState } from "../platform/sound";
import { canStayAwake, isAwake } from "../platform/wakelock";
import { settings } from "../store/settings";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";
import { KeySettings } from "./KeySettings";
import { Login } from "./Login";

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const name = useSignal(deviceName());
  const rename = (text: string) => {
    name.value = text;
    setDeviceName(text);
  };
  return (
    <Dialog title="Settings of this device" onClose={onClose} testId="settings">
      <Choice label="Temperatures" setting={settings.unit} options={[["C", "°C"], ["F", "°F"]]} />
      <Choice label="Colours" setting={settings.theme} options={[["auto", "As the device"], ["light", "Light"], ["dark", "Dark"], ["contrast", "High contrast"]]} />
      <Choice label="Glove mode" setting={settings.glove} options={[["off", "Off"], ["on", "Large targets"]]} />
      <Sound />
      <Choice label="Keep the screen lit" setting={settings.awake} options={[["off", "Off"], ["on", "While a session runs"]]} hint={wakeHint()} />
      <Field label="Name of this device" hint="others see it while you steer; used from the next connection" value={name.value} onInput={rename} testId="device-name" />
      <Choice label="Single-key shortcuts" setting={settings.shortcuts} options={[["on", "On"], ["off", "Off"]]} />
      {settings.shortcuts.value === "on" && <KeySettings />}
      <Login onClose={onClose} />
    </Dialog>
  );
}

function wakeHint(): string {
  if (canStayAwake) return isAwake.value ? "kept lit now" : "";
  return "not possible over plain http: set a long display time-out on the device itself, or open the page over https";
}

function Sound() {
  const test = () => void arm().then(() => play("warning"));
  return (
    <>
      <Choice label="Alarm sounds" setting={settings.sound} options={[["off", "Off"], ["on", "On"]]} hint={soundState.value === "elsewhere" ? "another tab of this device sounds" : ""} />
      <button type="button" class="button" data-testid="sound-test" onClick={test}>Test the sound</button>
    </>
  );
}

function Choice<T extends string>({ label, setting, options, hint = "" }: { label: string; setting: Signal<T>; options: [T, string][]; hint?: string }) {
  return (
    <div class="field" role="group" aria-label={label}>
      <span class="label">{label}</span>
      <div class="row">
        {options.map(([value, text]) => (
          <button type="button" key={value} class="button" aria-pressed={setting.value === value} data-testid={`${label.toLowerCase().replaceAll(" ", "-")}-${value}`} onClick={() => (setting.value = value)}>
            {text}
          </button>
        ))}
      </div>
      {hint !== "" && <span class="hint">{hint}</span>}
    </div>
  );
}
