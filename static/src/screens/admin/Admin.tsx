// What admins look after: the daemon and its machines, who is let in, who is there, and who did what.

import { isAdminOfAll } from "../../model/people";
import { useHouse } from "../../ui/house";
import { ADMIN_PARTS, link, type AdminPart } from "../../ui/router";
import { Audit } from "./Audit";
import { Connected } from "./Connected";
import { Daemon } from "./Daemon";
import { Tokens } from "./Tokens";
import { Users } from "./Users";

const PARTS = { daemon: Daemon, users: Users, tokens: Tokens, connected: Connected, audit: Audit };

export function Admin({ part }: { part: AdminPart }) {
  const me = useHouse().me.value;
  const isFor = me === null || part === "daemon" || isAdminOfAll(me.user);
  const Part = PARTS[part];
  return (
    <main class="page" data-testid="admin">
      <header class="page-head"><h1>Admin</h1></header>
      {isAdminOfAll(me?.user) && (
        <nav class="tabs" aria-label="Admin">
          {ADMIN_PARTS.map((one) => <a key={one} class="button" href={link.admin(one)} aria-current={one === part ? "page" : undefined} data-testid={`part-${one}`}>{one.charAt(0).toUpperCase() + one.slice(1)}</a>)}
        </nav>
      )}
      {isFor ? <Part /> : <section class="panel empty"><h2>For admins</h2><p>Only an admin of all machines sees who is let in and what was done.</p></section>}
    </main>
  );
}
