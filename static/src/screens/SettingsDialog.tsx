// What this device prefers.

import { useSignal, type Signal } from "@preact/signals";
import { deviceName, setDeviceName } from "../link/identity";
import { settings } from "../store/settings";
import { Dialog } from "../ui/Dialog";
import { Field } from "../ui/Field";

export function SettingsDialog({ onClose }: { onClose: () => void }) {
  const name = useSignal(deviceName());
  const rename = (text: string) => {
    name.value = text;
    setDeviceName(text);
  };
  return (
    <Dialog title="Settings of this device" onClose={onClose} testId="settings">
      <Choice label="Temperatures" setting={settings.unit} options={[["C", "°C"], ["F", "°F"]]} />
      <Choice label="Colours" setting={settings.theme} options={[["auto", "As the device"], ["light", "Light"], ["dark", "Dark"]]} />
      <Choice label="Glove mode" setting={settings.glove} options={[["off", "Off"], ["on", "Large targets"]]} />
      <Choice label="Single-key shortcuts" setting={settings.shortcuts} options={[["on", "On"], ["off", "Off"]]} />
      <Field label="Name of this device" hint="others see it while you steer; used from the next connection" value={name.value} onInput={rename} testId="device-name" />
    </Dialog>
  );
}

function Choice<T extends string>({ label, setting, options }: { label: string; setting: Signal<T>; options: [T, string][] }) {
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
    </div>
  );
}
