// Something of the daemon that a screen shows, fetched now and perhaps again and again.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { messageOf } from "../link/rest";

/** `value` is the last that was known, `error` why there is nothing newer; both are null while the first is under way. */
export type Fetched<T> = { value: T | null; error: string | null; again: () => void };

/** Fetches whenever something of `about` is another, and where told every few ms. */
export function useFetched<T>(fetch: (signal: AbortSignal) => Promise<T>, about: readonly unknown[] = [], everyMs?: number): Fetched<T> {
  const value = useSignal<T | null>(null);
  const error = useSignal<string | null>(null);
  const times = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const round = async () => {
      try {
        const found = await fetch(abort.signal);
        if (abort.signal.aborted) return;
        value.value = found;
        error.value = null;
      } catch (caught) {
        if (abort.signal.aborted) return;
        error.value = messageOf(caught);
      }
      if (everyMs !== undefined) timer = setTimeout(() => void round(), everyMs);
    };
    void round();
    return () => {
      abort.abort();
      clearTimeout(timer);
    };
  }, [...about, times.value]);
  return { value: value.value, error: error.value, again: () => (times.value += 1) };
}
