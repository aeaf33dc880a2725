// A believable shop: the machines of `etc/machines` at work, roasts of this week on the shelf, one that is coming to its end.

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Daemon } from "../e2e/fixtures/daemon";

const ETC = new URL("../../etc/machines/", import.meta.url).pathname;
/** A roast of thirteen minutes is on the shelf within as many seconds. */
const QUICK = 60;
const LIVE_SPEED = 3;
const POLL_MS = 250;
const DETECTION = { charge: true, drop: true, turning_point: true, dry_end_bt: 150, first_crack_bt: 196 };

/** What makes them look like a day in a shop: a brewery in its mash, a rig that is a little too warm. */
const CHANGES: Record<string, [was: string, is: string][]> = {
  kettle: [["speed = 1.0", "speed = 30.0"]],
  rig: [["above = 85", "above = 31"], ["above 85 °C", "above 31 °C"], ["speed = 1.0", "speed = 10.0"]],
  scanner: [["speed = 1.0", "speed = 5.0"]],
};

const SHELF = [
  { name: "Guji Uraga #214", bean: "Ethiopia Guji Uraga", batch: "214", rating: 4, tags: ["washed", "filter"], green_weight_g: 5000, roasted_weight_g: 4290, notes: "Jasmine and peach. First crack a little early: 5 % less gas after the turning point next time." },
  { name: "Guji Uraga #213", bean: "Ethiopia Guji Uraga", batch: "213", rating: 3, tags: ["washed", "filter"], green_weight_g: 5000, roasted_weight_g: 4265 },
  { name: "Huila Supremo #98", bean: "Colombia Huila", batch: "98", rating: 5, tags: ["espresso"], green_weight_g: 5000, roasted_weight_g: 4210 },
  { name: "Nyeri AA #41", bean: "Kenya Nyeri", batch: "41", rating: 4, tags: ["filter"], green_weight_g: 4500, roasted_weight_g: 3870 },
];

/** The shop as it stands. */
export type Shop = { profiles: string[] };

/** The configuration file of its daemon. */
export function configuration(): string {
  const dir = mkdtempSync(join(tmpdir(), "hearth-shop-"));
  mkdirSync(join(dir, "machines"));
  for (const file of readdirSync(ETC)) {
    if (file === "roaster.toml") continue;
    const changes = CHANGES[file.replace(".toml", "")] ?? [];
    const text = changes.reduce((all, [was, is]) => all.replace(was, is), readFileSync(join(ETC, file), "utf8"));
    writeFileSync(join(dir, "machines", file), text);
  }
  return `machines_dir = "${join(dir, "machines")}"\n`;
}

async function send<T = unknown>(daemon: Daemon, method: string, path: string, body: unknown = {}): Promise<T> {
  const answer = await fetch(`${daemon.url}/api/${path}`, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json().catch(() => null)) as T;
}

async function eventComes(daemon: Daemon, id: string, event: string): Promise<void> {
  for (;;) {
    const { events } = await daemon.session(id);
    if (events.some((found) => found.event_type === event)) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function record(daemon: Daemon, id: string): Promise<void> {
  await daemon.act(id, "start_monitoring");
  await daemon.act(id, "start_recording");
}

/** Roasts the shelf's profiles side by side, each on a machine of its own that is gone afterwards. */
async function fillShelf(daemon: Daemon): Promise<string[]> {
  return Promise.all(SHELF.map(async (card, n) => {
    const id = `drum-${n + 1}`;
    const driver = { type: "simulator", model: "roaster", operator: true, speed: QUICK, seed: n + 3 };
    await daemon.addMachine({ id, name: "Demo roaster", kind: "roaster", driver, detection: DETECTION, safety: { operator_loss_ms: 0 } });
    await record(daemon, id);
    await eventComes(daemon, id, "DROP");
    await daemon.act(id, "stop_recording");
    const saved = await send<{ id: string }>(daemon, "POST", "profiles", { machine_id: id, operator: "Anna", ...card });
    await send(daemon, "DELETE", `machines/${id}`);
    return saved.id;
  }));
}

const MASH = {
  name: "Mash day", machine_id: "kettle",
  steps: [
    { type: "set", values: { pump: true, setpoint: 66, hold: true } },
    { type: "wait", channel: "hlt", at_least: 65, timeout_s: 7200, on_timeout: "pause" },
    { type: "ask", message: "Add the malt" },
    { type: "hold", for_s: 3600 },
    { type: "set", values: { setpoint: 76 } },
    { type: "hold", for_s: 900 },
    { type: "set", values: { hold: false, pump: false } },
  ],
};

/** Sets everything going. */
export async function openShop(daemon: Daemon): Promise<Shop> {
  await daemon.act("kettle", "start_monitoring");
  await daemon.act("kettle", "start_recording");
  await send(daemon, "PUT", "programs/mash-day", MASH);
  await send(daemon, "POST", "programs/mash-day/start");
  for (const [channel, value] of [["valve", 0.4], ["heater", 0.6]] as const) await send(daemon, "POST", `machines/rig/controls/${channel}`, { value });
  for (const [channel, value] of [["motor", 0.6], ["servo", 0.5], ["valve", 1]] as const) await send(daemon, "POST", `machines/panel/controls/${channel}`, { value });
  await send(daemon, "POST", "machines/scanner/controls/ring_light", { value: 1 });
  const profiles = await fillShelf(daemon);
  await send(daemon, "POST", "tasks/scan", { kwargs: { machine_id: "scanner", positions: 12 } });
  await send(daemon, "POST", "tasks/backup");
  return { profiles };
}

/** Begins the roast that is looked at; ends when it is in its development. */
export async function roast(daemon: Daemon): Promise<void> {
  await daemon.addRoaster("roaster", {
    speed: LIVE_SPEED,
    more: {
      detection: DETECTION, safety: { operator_loss_ms: 0 },
      alarms: [{ id: "high_bt", when: { channel: "bt", above: 225, deadband: 2, delay_ms: 2000 }, severity: "warning", message: "Beans are above 225 °C: drop them" }],
      interlocks: [{ id: "air_before_fire", blocks: { channel: "burner", above: 0 }, unless: [{ channel: "airflow", at_least: 20 }], message: "Open the air first: the burner needs at least 20 % airflow" }],
    },
  });
  await record(daemon, "roaster");
  await eventComes(daemon, "roaster", "FCs");
}
