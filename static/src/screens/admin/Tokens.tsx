// Tokens of programs: which there are, and when they were last used.

import { useSignal } from "@preact/signals";
import { rest } from "../../link/rest";
import { moment } from "../../model/format";
import { machinesWords } from "../../model/people";
import { Fetching } from "../../ui/Fetching";
import { Icon } from "../../ui/Icon";
import { Sure } from "../../ui/Sure";
import { useHouse } from "../../ui/house";
import { useFetched } from "../../ui/useFetched";
import type { TokenView } from "../../wire/types";
import { Row } from "./Row";
import { TokenDialog } from "./TokenDialog";

export function Tokens() {
  const house = useHouse();
  const tokens = useFetched(rest.tokens);
  const isGiving = useSignal(false);
  const revoking = useSignal<TokenView | null>(null);
  const close = () => {
    isGiving.value = false;
    revoking.value = null;
    tokens.again();
  };
  return (
    <>
      <p class="row intro"><span class="grow">Programs and controllers show a token instead of a password.</span>
        <button type="button" class="button primary" data-testid="add-token" onClick={() => (isGiving.value = true)}><Icon name="plus" /> Give out</button></p>
      <Fetching of={tokens} what="tokens" />
      <ul class="alarm-list">
        {tokens.value?.map((token) => (
          <Row key={token.id} testId={`token-${token.name}`} name={token.name} role={token.role} about={
            `${machinesWords(token.machines, house.nameOf)}; given ${moment(token.created_at)}, ${token.last_used === null ? "never used" : `last used ${moment(token.last_used)}`}${token.expires_at === null ? "" : `, ends ${moment(token.expires_at)}`}`
          }>
            <button type="button" class="button" aria-label={`Revoke ${token.name}`} data-testid="revoke" onClick={() => (revoking.value = token)}>Revoke</button>
          </Row>
        ))}
      </ul>
      {tokens.value?.length === 0 && <section class="panel empty"><h2>No tokens</h2><p>Give one to each program and each controller, so that one can be revoked without the others.</p></section>}
      {isGiving.value && <TokenDialog first={{ name: "", role: "viewer", machines: null }} onClose={close} />}
      {revoking.value !== null && (
        <Sure title={`Revoke ${revoking.value.name}`} word="Revoke" onYes={() => rest.revokeToken(revoking.value?.id ?? "")} onClose={close}>Whatever uses it is disconnected at once and cannot come back with it.</Sure>
      )}
    </>
  );
}
