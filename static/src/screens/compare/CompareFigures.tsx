// The figures of several roasts; how far each lies from the first stands beside it.

import { bare, difference, FIGURES, unitOf } from "../../model/figures";
import { day } from "../../model/format";
import { settings } from "../../store/settings";
import type { ProfileDocument } from "../../wire/types";
import { link } from "../../ui/router";
import { Swatch } from "./ComparePanel";

export function CompareFigures({ roasts }: { roasts: readonly ProfileDocument[] }) {
  const unit = settings.unit.value;
  const [first] = roasts;
  const known = FIGURES.filter((figure) => roasts.some((roast) => typeof figure.of(roast) === "number"));
  return (
    <section class="panel scroll-x" aria-label="Figures">
      <table class="compare-table" data-testid="compare-table">
        <thead>
          <tr>
            <th scope="col">Figure</th>
            {roasts.map((roast, place) => (
              <th key={roast.id} scope="col" class="number">
                <Swatch place={place} /> {place === 0 ? "REF" : String.fromCharCode(64 + place)}
                <br /><a href={link.profile(roast.id)}>{roast.name}</a>
                <br /><span class="small">{day(roast.created_at)}</span>
                {place > 0 && <><br /><a class="button" href={link.compare([roast.id, ...roasts.filter((other) => other !== roast).map((other) => other.id)])} data-testid={`measure-by-${place}`}>Make REF</a></>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {known.map((figure) => (
            <tr key={figure.name}>
              <th scope="row">{figure.name} <span class="unit">{unitOf(figure.measure, unit)}</span></th>
              {roasts.map((roast, place) => (
                <td key={roast.id} class="number">
                  {bare(figure.measure, figure.of(roast), unit)}
                  {place > 0 && <span class="delta">{difference(figure.measure, figure.of(roast), first && figure.of(first), unit)}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
