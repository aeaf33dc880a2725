// What is fetched when it is first needed.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Banner } from "./Banner";
import { Loading } from "./Loading";

/** A screen, or with `quiet` a part of one, that is fetched when it is first needed. */
export function Later<P extends object>({ load, props, quiet = false }: { load: () => Promise<ComponentType<P>>; props: P; quiet?: boolean }) {
  const [loaded, setLoaded] = useState<{ screen: ComponentType<P> } | { error: string } | null>(null);
  useEffect(() => {
    let isHere = true;
    load().then(
      (screen) => isHere && setLoaded({ screen }),
      () => isHere && setLoaded({ error: "This part of the page could not be fetched. Is the daemon running, and is this device on its network?" }),
    );
    return () => {
      isHere = false;
    };
  }, []);
  if (loaded === null && quiet) return null;
  if (loaded === null) return <main class="page"><Loading /></main>;
  if ("error" in loaded) {
    // A browser may remember that a module could not be had: only a fresh page asks again.
    const again = <button type="button" class="button" onClick={() => location.reload()}>Reload</button>;
    const banner = <Banner icon="triangle" tone="warning" urgent testId="not-fetched" actions={again}>{loaded.error}</Banner>;
    return quiet ? banner : <main class="page">{banner}</main>;
  }
  return <loaded.screen {...props} />;
}
