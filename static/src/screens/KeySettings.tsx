// Giving a single-key shortcut another key.

import { useSignal } from "@preact/signals";
import { BINDABLE, DEFAULT_KEYS, keyName, rebound, wordsOf, type Bindable } from "../model/keymap";
import { settings } from "../store/settings";
import { Fault } from "../ui/Field";

export function KeySettings() {
  const asked = useSignal<Bindable | null>(null);
  const fault = useSignal<string | undefined>(undefined);
  const bindings = settings.keys.value;
  const press = (event: KeyboardEvent) => {
    const name = asked.peek();
    if (name === null || ["Tab", "Shift", "Control", "Alt", "Meta", "CapsLock"].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Escape") {
      asked.value = null;
      return;
    }
    const result = rebound(settings.keys.peek(), name, event);
    if ("refused" in result) {
      fault.value = result.refused;
      return;
    }
    settings.keys.value = result.bindings;
    fault.value = undefined;
    asked.value = null;
  };
  return (
    <details class="field">
      <summary class="button">Change the keys</summary>
      <table>
        <tbody>
          {BINDABLE.map((name) => (
            <tr key={name}>
              <th scope="row">{wordsOf(name)}</th>
              <td>
                <button
                  type="button" class="button" data-testid={`key-${name}`} aria-label={`${wordsOf(name)}: ${keyName(bindings[name])}, change`}
                  onClick={() => {
                    fault.value = undefined;
                    asked.value = name;
                  }}
                  onKeyDown={asked.value === name ? press : undefined} onBlur={() => asked.peek() === name && (asked.value = null)}
                >
                  {asked.value === name ? "Press a key" : keyName(bindings[name])}
                </button>
                {asked.value === name && <Fault text={fault.value} />}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <button type="button" class="button" data-testid="keys-default" onClick={() => (settings.keys.value = { ...DEFAULT_KEYS })}>All as delivered</button>
    </details>
  );
}
