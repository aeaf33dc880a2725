// Who has a socket or a stream of events open now.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment } from "../../model/format";
import { machinesWords } from "../../model/people";
import { Chip } from "../../ui/Chip";
import { Fetching } from "../../ui/Fetching";
import { Sure } from "../../ui/Sure";
import { useHouse } from "../../ui/house";
import { useFetched } from "../../ui/useFetched";
import type { ClientView } from "../../wire/types";
import { Row } from "./Row";

const LOOK_EVERY_MS = 3_000;

export function Connected() {
  const house = useHouse();
  const clients = useFetched(rest.clients, [], LOOK_EVERY_MS);
  const leaving = useSignal<ClientView | null>(null);
  const close = () => {
    leaving.value = null;
    clients.again();
  };
  return (
    <>
      <Fetching of={clients} what="who is connected" />
      <ul class="alarm-list">
        {clients.value?.map((client) => (
          <Row key={client.id} testId={`client-${client.name}`} name={client.name} role={client.role} about={
            `${client.who} from ${client.address}, ${client.dialect ?? "another protocol"}${client.machine === null ? "" : `, follows ${house.nameOf(client.machine)}`}, since ${moment(client.since)}`
          }>
            {client.steers.length > 0 && <Chip icon="lock" testId="steers">has control of {machinesWords(client.steers, house.nameOf)}</Chip>}
            <button type="button" class="button" aria-label={`Disconnect ${client.name}`} data-testid="dismiss" onClick={() => (leaving.value = client)}>Disconnect</button>
          </Row>
        ))}
      </ul>
      {clients.value?.length === 0 && <section class="panel empty"><h2>Nobody is connected</h2><p>Pages and programs that follow a machine appear here.</p></section>}
      {leaving.value !== null && (
        <Sure title={`Disconnect ${leaving.value.name}`} word="Disconnect" onYes={() => rest.dismiss(leaving.value?.id ?? 0)} onClose={close}>They may come back at once. To keep somebody out, revoke the token or remove the user.</Sure>
      )}
    </>
  );
}
