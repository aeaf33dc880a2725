// An address that names no machine: said once, with a way on.

import { link } from "../../ui/router";

export function UnknownMachine({ id, reason }: { id: string; reason: string }) {
  return (
    <main class="page">
      <section class="panel empty" data-testid="link-ended">
        <h1>No machine “{id}”</h1>
        <p>It may have been removed, or the address be mistyped. No further attempts are made.</p>
        <p class="small muted">{reason}</p>
        <a class="button primary" href={link.wall()}>Go to the machines</a>
      </section>
    </main>
  );
}
