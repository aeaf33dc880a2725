// STOP. Always in the same corner, never greyed out, no question asked.

import type { Signal } from "@preact/signals";

type Props = { onStop: () => Promise<string | null>; failure: Signal<string | null>; label?: string };

/** Sends STOP; what went wrong goes to `failure`. */
export function StopButton({ onStop, failure, label = "STOP" }: Props) {
  const press = () => {
    failure.value = null;
    void onStop().then((problem) => (failure.value = problem));
  };
  return (
    <button type="button" class="button stop" data-testid="stop" onClick={press} title="Software stop: outputs go to their safe values. Ctrl+Shift+H">
      {label} <span class="small">(software)</span>
    </button>
  );
}
