// The figures of a roast.

import { difference, FIGURES, shown } from "../../model/figures";
import { settings } from "../../store/settings";
import type { ProfileSummary } from "../../wire/types";

/** Figures that are known, and how far they lie from those of another roast, if there is one. */
export function StatisticsPanel({ profile, against = null }: { profile: ProfileSummary; against?: ProfileSummary | null }) {
  const unit = settings.unit.value;
  const known = FIGURES.filter((figure) => typeof figure.of(profile) === "number");
  if (known.length === 0) return <p class="muted">No figures: they need at least CHARGE and DROP.</p>;
  return (
    <dl class="stats" data-testid="statistics">
      {known.map((figure) => (
        <div key={figure.name} class="panel">
          <dt>{figure.name}</dt>
          <dd>{shown(figure.measure, figure.of(profile), unit)}{against !== null && <span class="small muted"> {difference(figure.measure, figure.of(profile), figure.of(against), unit)}</span>}</dd>
        </div>
      ))}
    </dl>
  );
}
