// The wall: every machine at a glance, in the order the house has them. Nothing moves when something happens.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { Banner } from "../../ui/Banner";
import { ErrorBoundary } from "../../ui/ErrorBoundary";
import { Icon } from "../../ui/Icon";
import { StopButton } from "../../ui/StopButton";
import { useHouse } from "../../ui/house";
import { useKeys } from "../../ui/keys";
import { go, link } from "../../ui/router";
import { AddSimulator } from "./AddSimulator";
import { MachineCard } from "./MachineCard";

export function Wall() {
  const house = useHouse();
  const stopFailure = useSignal<string | null>(null);
  const list = house.list.value;
  const stopAll = async () => {
    try {
      await rest.stopAll({ clientId: house.clientId });
      return null;
    } catch {
      return "STOP did not reach the daemon. Use the machines' own emergency switches.";
    }
  };
  const items = list.kind === "ready" ? list.items : [];
  useKeys((action) => {
    if (action.do === "stop") void stopAll().then((problem) => (stopFailure.value = problem));
    const chosen = action.do === "machine" ? items[action.index] : undefined;
    if (chosen !== undefined) go(link.machine(chosen.id));
  });
  return (
    <main class="page" data-testid="wall">
      <header class="page-head">
        <h1>Machines</h1>
        <span class="grow" />
        <a class="button" href={link.add()} data-testid="add-machine">
          <Icon name="plus" /> Add machine
        </a>
        {items.length > 0 && <StopButton label="STOP ALL" failure={stopFailure} onStop={stopAll} />}
      </header>
      {stopFailure.value !== null && (
        <Banner icon="octagon" tone="critical" urgent testId="stop-failure">
          {stopFailure.value}
        </Banner>
      )}
      {list.kind === "loading" && <Skeletons />}
      {list.kind === "failed" && (
        <Banner icon="triangle" tone="warning" testId="list-failed" actions={<Retry />}>
          {list.error.message}
        </Banner>
      )}
      {list.kind === "ready" && list.error !== null && (
        <Banner icon="triangle" tone="warning" testId="list-old" actions={<Retry />}>
          {list.error} What you see is the last that was known.
        </Banner>
      )}
      {list.kind === "ready" && items.length === 0 && <Empty />}
      <ul class="cards">
        {items.map((summary) => (
          <li key={summary.id}>
            <ErrorBoundary name={summary.name}>
              <MachineCard summary={summary} />
            </ErrorBoundary>
          </li>
        ))}
      </ul>
    </main>
  );
}

function Retry() {
  const house = useHouse();
  return (
    <button type="button" class="button" onClick={() => void house.refresh()}>
      Try again
    </button>
  );
}

function Empty() {
  return (
    <section class="panel empty" data-testid="empty">
      <h2>No machines yet</h2>
      <p>A simulated roaster needs no hardware and shows everything: preheat, charge, the curve, saving and replay.</p>
      <AddSimulator />
      <a class="button" href={link.add()}>
        Add a machine
      </a>
    </section>
  );
}

function Skeletons() {
  return (
    <ul class="cards" aria-label="Loading machines">
      {[0, 1].map((key) => (
        <li key={key} class="panel card">
          <div class="skeleton card-line" />
          <div class="skeleton spark" />
        </li>
      ))}
    </ul>
  );
}
