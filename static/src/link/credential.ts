// What this device shows the daemon where a login is needed. Kept across visits, until the daemon or a person ends it.

const KEY = "hearth.token";

let held: string | null | undefined;

/** The token, null where nobody logged in. */
export function credential(): string | null {
  if (held !== undefined) return held;
  try {
    held = localStorage.getItem(KEY);
  } catch {
    held = null;
  }
  return held;
}

/** Keeps a token, or forgets it. */
export function keepCredential(token: string | null): void {
  held = token;
  try {
    if (token === null) localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, token);
  } catch {
    // Storage is off: the login holds as long as the page.
  }
}
