// A daemon for the UI to be developed and tried against: one process, no hardware, the protocol's frames and REST as far
// as the UI uses them. It stands in for the real one and proves nothing about it.

import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { WebSocketServer } from "ws";
import { MockMachine } from "./mockMachine";
import type { ProfileDocument, ProfileSummary } from "../src/wire/types";

const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; font-src 'self'; manifest-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'";
/** The page's own: it would offer to reload otherwise. */
const { version: VERSION } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".webmanifest": "application/manifest+json",
};

/** A running mock. */
export type Mock = {
  url: string;
  machines: Map<string, MockMachine>;
  profiles: Map<string, ProfileDocument>;
  /** While true, sockets are refused and the UI must fetch. */
  refuseSockets: boolean;
  close: () => Promise<void>;
};

type Answer = { status: number; body?: unknown };

/** Starts on a free port of the loopback; `dist` is the built UI. */
export async function startMock(dist: string): Promise<Mock> {
  const machines = new Map<string, MockMachine>();
  const profiles = new Map<string, ProfileDocument>();
  const server = createServer((request, response) => void answer(request, response, mock, dist));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const url = new URL(request.url ?? "/", "http://mock");
    const id = /^\/ws\/live\/([^/]+)$/.exec(url.pathname)?.[1];
    if (id === undefined || mock.refuseSockets) {
      socket.end("HTTP/1.1 503 Service Unavailable\r\n\r\n");
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const machine = machines.get(decodeURIComponent(id));
      if (machine === undefined) {
        ws.send(JSON.stringify({ type: "error", code: "MACHINE_NOT_FOUND", message: `There is no machine "${id}"`, recoverable: false }));
        ws.close(4004);
        return;
      }
      machine.attach(ws, url.searchParams.get("client_id") ?? randomUUID(), url.searchParams.get("name") ?? "someone");
    });
  });
  const mock: Mock = {
    url: "", machines, profiles, refuseSockets: false,
    close: () => {
      machines.forEach((machine) => machine.dispose());
      sockets.clients.forEach((client) => client.terminate());
      return closed(server);
    },
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  mock.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return mock;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? {} : (JSON.parse(text) as Record<string, unknown>);
}

async function answer(request: IncomingMessage, response: ServerResponse, mock: Mock, dist: string): Promise<void> {
  const url = new URL(request.url ?? "/", "http://mock");
  if (!url.pathname.startsWith("/api/") && url.pathname !== "/health") {
    file(url.pathname, response, dist);
    return;
  }
  const { status, body } = await api(request, url, mock);
  response.writeHead(status, { "content-type": status >= 400 ? "application/problem+json" : "application/json" });
  response.end(body === undefined ? "" : JSON.stringify(body));
}

function file(path: string, response: ServerResponse, dist: string): void {
  const name = join(dist, normalize(path === "/" ? "/index.html" : path));
  if (!name.startsWith(dist) || !existsSync(name)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": CSP });
  response.end(readFileSync(name));
}

function problem(status: number, code: string, detail: string, errors: unknown[] = []): Answer {
  return { status, body: { type: "about:blank", title: code, status, detail, code, recoverable: true, errors } };
}

async function api(request: IncomingMessage, url: URL, mock: Mock): Promise<Answer> {
  const [, , kind, id, verb] = url.pathname.split("/");
  if (url.pathname === "/health") return { status: 200, body: { status: "ok", version: VERSION } };
  if (kind === "stop") {
    mock.machines.forEach((machine) => machine.stop());
    return { status: 200, body: {} };
  }
  if (kind === "machines" && id === undefined) return machinesApi(request, mock);
  const machine = kind === "machines" ? mock.machines.get(decodeURIComponent(id ?? "")) : undefined;
  if (kind === "machines" && machine === undefined) return problem(404, "MACHINE_NOT_FOUND", `There is no machine "${id}"`);
  if (machine !== undefined) {
    if (verb === undefined) return { status: 200, body: machine.config };
    if (verb === "session") return { status: 200, body: machine.view(url.searchParams.get("since_ms")) };
    if (verb === "connect") machine.connect();
    if (verb === "stop") machine.stop();
    return { status: 200, body: { driver_state: machine.driverState } };
  }
  return profilesApi(request, url, mock, id);
}

async function machinesApi(request: IncomingMessage, mock: Mock): Promise<Answer> {
  if (request.method === "GET") return { status: 200, body: [...mock.machines.values()].map((machine) => machine.summary()) };
  const config = await bodyOf(request);
  const id = String(config["id"]);
  const driver = config["driver"] as { type: string; host?: string; speed?: number };
  if (mock.machines.has(id)) return problem(409, "EXISTS", `There is already a machine "${id}"`);
  if (driver.type === "modbus_tcp" && driver.host === "refused.example") {
    return problem(422, "INVALID", "2 faults, each is listed under `errors`", [
      { pointer: "/driver/host", detail: "cannot be resolved: give an IP address" },
      { pointer: "/channels/0/source/address", detail: "is outside 0 to 65535" },
    ]);
  }
  mock.machines.set(id, new MockMachine(id, String(config["name"]), driver.speed ?? 1, mock.profiles));
  return { status: 201, body: config };
}

async function profilesApi(request: IncomingMessage, url: URL, mock: Mock, id: string | undefined): Promise<Answer> {
  if (id === undefined && request.method === "GET") {
    const q = url.searchParams.get("q")?.toLowerCase() ?? "";
    const items = [...mock.profiles.values()].filter((item) => item.name.toLowerCase().includes(q)).reverse().map(summaryOf);
    return { status: 200, body: { items, next_cursor: null } };
  }
  if (id === undefined) {
    const body = await bodyOf(request);
    const machine = mock.machines.get(String(body["machine_id"]));
    const saved = machine?.save(body);
    return saved === undefined ? problem(409, "INVALID_STATE_TRANSITION", "This machine has no finished session") : { status: 201, body: summaryOf(saved) };
  }
  const found = mock.profiles.get(id);
  if (found === undefined) return problem(404, "PROFILE_NOT_FOUND", `There is no profile "${id}"`);
  if (request.method === "DELETE") {
    mock.profiles.delete(id);
    return { status: 204 };
  }
  return { status: 200, body: found };
}

function summaryOf(profile: ProfileDocument): ProfileSummary {
  const { series: _series, controls: _controls, gaps: _gaps, ...summary } = profile;
  return summary;
}
