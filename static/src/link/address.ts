// Addresses of the daemon, relative to the page: the UI is served by the daemon it talks to.

import { HEARTBEAT_S } from "./socket";

/** Address of a machine's live socket. */
export function socketUrl(page: string, machineId: string, who: { clientId: string; name: string }): string {
  const url = new URL(`ws/live/${encodeURIComponent(machineId)}`, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  const query = new URLSearchParams({ name: who.name, client_id: who.clientId, heartbeat: String(HEARTBEAT_S) });
  url.search = query.toString();
  return url.toString();
}
