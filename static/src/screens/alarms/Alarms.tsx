// The alarms and interlocks of one machine: what stands now, what was put aside, what was, and the rules behind it.

import { useSignal } from "@preact/signals";
import { tick } from "../../store/ticker";
import { linkStatus } from "../../store/status";
import { Banner } from "../../ui/Banner";
import { Chip } from "../../ui/Chip";
import { Icon } from "../../ui/Icon";
import { useHouse, useMachine } from "../../ui/house";
import { OnlyLooking } from "../../ui/OnlyLooking";
import { link } from "../../ui/router";
import { Standing } from "./Standing";
import { History } from "./History";
import { Rules } from "./Rules";

const TABS = ["active", "shelved", "history", "rules"] as const;
type Tab = (typeof TABS)[number];

export function Alarms({ id }: { id: string }) {
  const machine = useMachine(id);
  const house = useHouse();
  const tab = useSignal<Tab>("active");
  const name = house.summary(id)?.name ?? machine.config.value?.name ?? id;
  const counts: Partial<Record<Tab, number>> = { active: machine.alarms.active.value.length, shelved: machine.alarms.shelved.value.length };
  const ended = machine.link.value.kind === "gone" || machine.link.value.kind === "denied" ? machine.link.value.reason : null;
  const state = linkStatus(machine.link.value, tick.value, machine.ageMs(tick.value), machine.session.connection.value.driver_state === "connected");
  const step = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0) return;
    tab.value = TABS[(TABS.indexOf(tab.peek()) + by + TABS.length) % TABS.length] ?? "active";
    document.getElementById(`tab-${tab.peek()}`)?.focus();
  };
  return (
    <main class="page" data-testid="alarms">
      <header class="page-head">
        <a class="button quiet" href={link.machine(id)} aria-label="Back to the machine"><Icon name="back" /></a>
        <h1>Alarms of {name}</h1>
        <Chip icon={state.icon} tone={state.tone} code={state.code} testId="link-state">{state.text}</Chip>
        <span class="grow" />
        <a class="button" href={link.setup(id)}><Icon name="sliders" /> Set up</a>
      </header>
      {ended !== null && <Banner icon="slash" tone="critical" urgent testId="link-ended" actions={<a class="button" href={link.wall()}>All machines</a>}>{ended}.</Banner>}
      <div class="tabs" role="tablist" aria-label="Alarms">
        {TABS.map((one) => (
          <button
            type="button" key={one} role="tab" id={`tab-${one}`} class="button" aria-selected={tab.value === one} aria-controls="tab-panel" tabIndex={tab.value === one ? 0 : -1}
            data-testid={`tab-${one}`} onClick={() => (tab.value = one)} onKeyDown={step}
          >
            {one.charAt(0).toUpperCase() + one.slice(1)}{(counts[one] ?? 0) > 0 && ` ${counts[one]}`}
          </button>
        ))}
      </div>
      <div role="tabpanel" id="tab-panel" aria-labelledby={`tab-${tab.value}`}>
        {tab.value === "active" && <Standing machine={machine} alarms={machine.alarms.active.value} onRules={() => (tab.value = "rules")} />}
        {tab.value === "shelved" && <Standing machine={machine} alarms={machine.alarms.shelved.value} isShelved />}
        {tab.value === "history" && <History id={id} />}
        {tab.value === "rules" && <OnlyLooking />}
        {tab.value === "rules" && <Rules id={id} machine={machine} />}
      </div>
    </main>
  );
}
