// What is fetched when it is first needed.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";

/** A screen, or with `quiet` a part of one, that is fetched when it is first needed. */
export function Later<P extends object>({ load, props, quiet = false }: { load: () => Promise<ComponentType<P>>; props: P; quiet?: boolean }) {
  const [loaded, setLoaded] = useState<{ screen: ComponentType<P> } | { error: string } | null>(null);
  useEffect(() => {
    let isHere = true;
    load().then(
      (screen) => isHere && setLoaded({ screen }),
      () => isHere && setLoaded({ error: "This screen could not be fetched. Is the daemon running? Reload the page to try again." }),
    );
    return () => {
      isHere = false;
    };
  }, []);
  if (loaded === null && quiet) return null;
  if (loaded === null) return <main class="page"><p role="status" class="muted">Loading…</p></main>;
  if ("error" in loaded && quiet) return <p class="fault" role="alert">{loaded.error}</p>;
  if ("error" in loaded) return <main class="page"><p class="fault" role="alert">{loaded.error}</p></main>;
  return <loaded.screen {...props} />;
}
