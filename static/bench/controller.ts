// A controller that sends its readings itself: the only kind of machine whose readings are stamped where they are made.

import type { Daemon } from "../e2e/fixtures/daemon";

/** The id of the machine behind it. */
export const PUSHED = "pushed";
/** Beans at least as hot raise its alarm. Unit: °C. */
export const ALARM_C = 230;
const PERIOD_MS = 100;
/** Readings a second while a curve is filled in. */
const FILL_HZ = 200;
/** A whole curve in a minute of its clock is a roast of this many times its length. */
const CLOCK_SPEED = 20;

/** The machine: a roaster with BT and ET whose clock is fast, so that a long curve is as long as a roast. */
function machine(): object {
  const sensor = (role: string) => ({ id: role, label: role.toUpperCase(), role, kind: "sensor", unit: "celsius", tag: `pushed_${role}` });
  return {
    id: PUSHED, name: "Pushed", kind: "roaster", clock_speed: CLOCK_SPEED, driver: { type: "push" }, channels: [sensor("bt"), sensor("et")],
    alarms: [{ id: "hot", when: { channel: "bt", above: ALARM_C, deadband: 2, delay_ms: 0 }, severity: "critical", message: "Beans are too hot" }],
    safety: { operator_loss_ms: 0 },
  };
}

/** Sends readings until it is told to stop. */
export class Controller {
  readonly #url: string;
  readonly #timer: ReturnType<typeof setInterval>;
  #count = 0;
  readonly #sent: { bt: number; at: number }[] = [];
  #isHot = false;
  /** Why a reading was not taken, if one was not: what was measured then is worth little. */
  failure: unknown = null;

  private constructor(url: string) {
    this.#url = url;
    this.#timer = setInterval(() => void this.#send().catch((error: unknown) => (this.failure ??= error)), PERIOD_MS);
  }

  /** Adds the machine, and sends ten readings a second for it until it is stopped. */
  static async start(daemon: Daemon): Promise<Controller> {
    await post(`${daemon.url}/api/machines`, machine());
    const controller = new Controller(`${daemon.url}/api/v1/datapoints/batch`);
    while ((await daemon.session(PUSHED)).driver_state !== "connected") await new Promise((resolve) => setTimeout(resolve, PERIOD_MS));
    return controller;
  }

  /** One reading. Its BT is like no other of the last ten seconds. */
  async #send(): Promise<void> {
    this.#count += 1;
    const slow = this.#isHot ? ALARM_C + 1 : Math.round(150 + 40 * Math.sin(this.#count / 900));
    const bt = Math.round(slow * 100 + (this.#count % 100)) / 100;
    this.#sent.push({ bt, at: Date.now() });
    const value = (role: string, native: number) => ({ event_public_id: `pushed_${role}`, value: native });
    await post(this.#url, { datapoints: [value("bt", bt), value("et", 210 + 5 * Math.sin(this.#count / 400))] });
  }

  /** When the reading with this BT was sent that somebody heard then. Wall clock. Unit: ms. */
  sentAt(bt: number, heardAt: number): number {
    return this.#sent.filter((sent) => sent.bt === bt && sent.at <= heardAt).at(-1)?.at ?? NaN;
  }

  /** The beans become hotter than they may be with the next reading, or stop being it. Gives when it was sent. */
  async heat(isHot: boolean): Promise<number> {
    this.#isHot = isHot;
    const known = this.#sent.length;
    while (this.#sent.length === known) await new Promise((resolve) => setTimeout(resolve, 1));
    return this.#sent[known]?.at ?? NaN;
  }

  /** A curve of so many readings, each at a moment of its own. */
  async fill(readings: number): Promise<void> {
    for (let sent = 0; sent < readings; sent += 1) {
      await this.#send();
      await new Promise((resolve) => setTimeout(resolve, 1000 / FILL_HZ));
    }
  }

  /** Ends it. */
  stop(): void {
    clearInterval(this.#timer);
  }
}

async function post(url: string, body: object): Promise<void> {
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const words = await answer.text();
  if (!answer.ok) throw new Error(`POST ${url} answered ${answer.status}: ${words}`);
}
