// The shortcuts, what this page is not, and what was refused lately.

import { age } from "../../model/format";
import { BINDABLE, FIXED_KEYS, keyName, wordsOf } from "../../model/keymap";
import type { MachineStore } from "../../store/machine";
import { settings } from "../../store/settings";
import { tick } from "../../store/ticker";
import { Dialog } from "../../ui/Dialog";

export function HelpDialog({ machine, onClose }: { machine: MachineStore; onClose: () => void }) {
  const shortcuts = [...BINDABLE.map((name) => [keyName(settings.keys.value[name]), wordsOf(name)] as const), ...FIXED_KEYS];
  const notices = machine.session.notices.value;
  return (
    <Dialog title="Help" onClose={onClose} testId="help-dialog">
      <p>
        <b>STOP here is software.</b> A browser is not a safety device: keep the machine's own emergency switch, flame
        supervision and high limit in reach and in order.
      </p>
      <table>
        <tbody>
          {shortcuts.map(([keys, what]) => (
            <tr key={keys}>
              <th scope="row">{keys}</th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="row">
        <input type="checkbox" checked={settings.shortcuts.value === "on"} onChange={(event) => (settings.shortcuts.value = event.currentTarget.checked ? "on" : "off")} />
        Single-key shortcuts (the keys can be changed in the settings)
      </label>
      <h3>What was refused here lately</h3>
      {notices.length === 0 ? <p class="muted">Nothing.</p> : (
        <ul data-testid="log">
          {notices.map((notice) => <li key={notice.id}>{age(tick.value - notice.atMs)} ago: {notice.message}</li>)}
        </ul>
      )}
    </Dialog>
  );
}
