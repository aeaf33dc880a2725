// Rows of saved roasts; cards where there is little width.

import { shown } from "../../model/figures";
import { duration, moment, weight } from "../../model/format";
import { settings } from "../../store/settings";
import type { EventType, ProfileSummary } from "../../wire/types";
import { Chip } from "../../ui/Chip";
import { Stars } from "../../ui/Stars";
import { link } from "../../ui/router";

type Props = { items: readonly ProfileSummary[]; ticked: ReadonlySet<string>; onTick: (item: ProfileSummary, isOn: boolean) => void };

const COLUMNS = ["Machine", "Green", "Total", "DTR", "First crack", "Drop", "Loss", "Rating"];

export function ProfileTable({ items, ticked, onTick }: Props) {
  return (
    <div class="panel scroll-x">
      <table class="as-cards profile-table">
        <thead>
          <tr>
            <th scope="col"><span class="visually-hidden">Choose</span></th>
            <th scope="col">Roast</th>
            {COLUMNS.map((name, index) => <th key={name} scope="col" class={index === 0 ? "" : "number"}>{name}</th>)}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => <Row key={item.id} item={item} isTicked={ticked.has(item.id)} onTick={onTick} />)}
        </tbody>
      </table>
    </div>
  );
}

function Row({ item, isTicked, onTick }: { item: ProfileSummary; isTicked: boolean; onTick: Props["onTick"] }) {
  const unit = settings.unit.value;
  const mark = (type: EventType) => item.events.find((event) => event.event_type === type);
  const [charge, crack, drop] = [mark("CHARGE"), mark("FCs"), mark("DROP")];
  const said = [moment(item.created_at), item.batch, item.bean, item.operator].filter((text) => text !== undefined && text !== "");
  return (
    <tr data-testid="profile-row">
      <td class="tick">
        <label>
          <input type="checkbox" aria-label={`Choose ${item.name}`} checked={isTicked} onChange={(event) => onTick(item, event.currentTarget.checked)} data-testid="tick" />
        </label>
      </td>
      <td>
        <a class="row-link" href={link.profile(item.id)}>{item.name}</a>
        <p class="small muted">{said.join(" · ")}</p>
        {(item.status === "draft" || item.tags.length > 0) && <p class="row">{item.status === "draft" && <Chip>draft</Chip>}{item.tags.map((tag) => <Chip key={tag}>{tag}</Chip>)}</p>}
      </td>
      <td data-name="Machine">{item.machine_name}</td>
      <td data-name="Green" class="number">{weight(item.green_weight_g)}</td>
      <td data-name="Total" class="number">{duration(item.statistics.total_ms ?? item.duration_ms)}</td>
      <td data-name="DTR" class="number">{shown("share", item.statistics.dtr_pct, unit)}</td>
      <td data-name="First crack" class="number">{shown("time", crack && charge ? crack.timestamp_ms - charge.timestamp_ms : null, unit)}{crack !== undefined && <><br /><span class="muted">{shown("temp", crack.bt_at_event, unit)}</span></>}</td>
      <td data-name="Drop" class="number">{shown("temp", drop?.bt_at_event, unit)}</td>
      <td data-name="Loss" class="number">{shown("share", item.statistics.weight_loss_pct, unit)}</td>
      <td data-name="Rating" class="number"><Stars value={item.rating ?? 0} /></td>
    </tr>
  );
}
