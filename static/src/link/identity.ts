// Who this tab is: an id it keeps across reloads, so that its lease finds it again, and a name that people know it by.

const ID_KEY = "hearth.client_id";
const NAME_KEY = "hearth.name";
const CHANNEL = "hearth.identity";
const CLAIM_MS = 60;

/** A random UUID, version 4. `crypto.randomUUID` is missing on plain http, which is what a shop's network speaks. */
export function randomUuid(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

function readStorage(storage: () => Storage, key: string): string | null {
  try {
    return storage().getItem(key);
  } catch {
    return null;
  }
}

function writeStorage(storage: () => Storage, key: string, value: string): void {
  try {
    storage().setItem(key, value);
  } catch {
    // Storage is off or full: the value lives as long as the page, which is all it is needed for.
  }
}

let held = "";

/**
 * The id of this tab. A browser copies a tab's session storage when the tab is duplicated, and two tabs with one id
 * would share a lease: whoever finds that another tab answers to its id takes a new one.
 */
export async function claimClientId(): Promise<string> {
  const kept = readStorage(() => sessionStorage, ID_KEY);
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(CHANNEL);
  const taken = kept !== null && channel !== null && (await isTaken(channel, kept));
  hold(kept === null || taken ? randomUuid() : kept);
  channel?.addEventListener("message", (message: MessageEvent<{ ask?: string }>) => {
    if (message.data?.ask === held) channel.postMessage({ held });
  });
  return held;
}

/** Another id, for somebody else in this tab: leases are not handed on with it. */
export function renewClientId(): string {
  hold(randomUuid());
  return held;
}

function hold(id: string): void {
  held = id;
  writeStorage(() => sessionStorage, ID_KEY, id);
}

function isTaken(channel: BroadcastChannel, id: string): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (taken: boolean) => {
      channel.removeEventListener("message", heard);
      resolve(taken);
    };
    const heard = (message: MessageEvent<{ held?: string }>) => {
      if (message.data?.held === id) done(true);
    };
    channel.addEventListener("message", heard);
    setTimeout(() => done(false), CLAIM_MS);
    channel.postMessage({ ask: id });
  });
}

/** The name others see while this device steers a machine. */
export function deviceName(): string {
  const kept = readStorage(() => localStorage, NAME_KEY);
  if (kept !== null && kept.trim() !== "") return kept;
  const made = `browser-${randomUuid().slice(0, 4)}`;
  setDeviceName(made);
  return made;
}

/** Renames this device; sockets opened from now on carry the name. */
export function setDeviceName(name: string): void {
  writeStorage(() => localStorage, NAME_KEY, name.trim().slice(0, 40));
}
