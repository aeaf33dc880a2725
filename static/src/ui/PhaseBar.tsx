// The phases side by side: time, share and how far, all three at once.

import { duration, fixed, temp } from "../model/format";
import { phases, PHASE_NAMES } from "../model/phases";
import type { Marks } from "../model/marks";
import { settings } from "../store/settings";

type Props = { marks: Marks; nowMs: number; state: string };

const HINTS: Record<string, string> = {
  idle: "Ready. Start monitoring to warm up, then record.",
  monitoring: "Monitoring. Start recording before you charge.",
  replay: "Not played yet: press Start.",
  replay_running: "Played up to here: no CHARGE yet.",
  recording: "Recording. Waiting for CHARGE: it is found by itself, or press 1.",
};

export function PhaseBar({ marks, nowMs, state }: Props) {
  const parts = phases(marks, nowMs);
  const unit = settings.unit.value;
  if (parts.length === 0) {
    return (
      <div class="phase-bar" data-testid="phases">
        <p class="hint">{HINTS[state] ?? "No phases: CHARGE was never marked."}</p>
      </div>
    );
  }
  const ends = { drying: "DRY_END", maillard: "FCs", development: "DROP" } as const;
  return (
    <ol class="phase-bar" data-testid="phases" aria-label="Phases">
      {parts.map((phase) => (
        <li key={phase.name} class={`phase ${phase.name}`} style={{ flexGrow: Math.max(8, phase.sharePct) }}>
          <b>{PHASE_NAMES[phase.name]}</b>
          <span>{duration(phase.toMs - phase.fromMs)}</span>
          <span>
            {fixed(phase.sharePct, phase.name === "development" ? 1 : 0)} %{phase.running ? " so far" : ""}
          </span>
          {!phase.running && <span>{temp(marks.get(ends[phase.name])?.bt_at_event, unit, 0)} °{unit}</span>}
        </li>
      ))}
    </ol>
  );
}
