// Whether this device has a network at all, as the browser knows it.

import { signal } from "@preact/signals";

/** False while the browser says that it is offline. */
export const isOnline = signal(true);

/** Follows the browser; called once by the page. */
export function startOnline(): void {
  const follow = () => (isOnline.value = navigator.onLine);
  addEventListener("online", follow);
  addEventListener("offline", follow);
  follow();
}
