// The shortcuts, and what this page is not.

import { SHORTCUTS } from "../../model/keymap";
import { settings } from "../../store/settings";
import { Dialog } from "../../ui/Dialog";

export function HelpDialog({ onClose }: { onClose: () => void }) {
  return (
    <Dialog title="Help" onClose={onClose} testId="help-dialog">
      <p>
        <b>STOP here is software.</b> A browser is not a safety device: keep the machine's own emergency switch, flame
        supervision and high limit in reach and in order.
      </p>
      <table>
        <tbody>
          {SHORTCUTS.map(([keys, what]) => (
            <tr key={keys}>
              <th scope="row">{keys}</th>
              <td>{what}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="row">
        <input type="checkbox" checked={settings.shortcuts.value === "on"} onChange={(event) => (settings.shortcuts.value = event.currentTarget.checked ? "on" : "off")} />
        Single-key shortcuts
      </label>
    </Dialog>
  );
}
