// What is fetched when it is first needed.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Trouble } from "./Banner";
import { Dialog } from "./Dialog";
import { Loading } from "./Loading";

/** What is fetched, null until it is here. */
function useLater<P>(load: () => Promise<ComponentType<P>>): { Part: ComponentType<P> } | "failed" | null {
  const [loaded, setLoaded] = useState<{ Part: ComponentType<P> } | "failed" | null>(null);
  useEffect(() => {
    let isHere = true;
    load().then((Part) => isHere && setLoaded({ Part }), () => isHere && setLoaded("failed"));
    return () => {
      isHere = false;
    };
  }, []);
  return loaded;
}

/** A screen, or with `quiet` a part of one, that is fetched when it is first needed. */
export function Later<P extends object>({ load, props, quiet = false }: { load: () => Promise<ComponentType<P>>; props: P; quiet?: boolean }) {
  const loaded = useLater(load);
  if (loaded !== null && loaded !== "failed") return <loaded.Part {...props} />;
  if (loaded === null && quiet) return null;
  // A browser may remember that a module could not be had: only a fresh page asks again.
  const again = <button type="button" class="button" onClick={() => location.reload()}>Reload</button>;
  const words = loaded === null ? <Loading /> : <Trouble testId="not-fetched" actions={again}>This part of the page could not be fetched. Is the daemon running, and is this device on its network?</Trouble>;
  return quiet ? words : <main class="page">{words}</main>;
}

/** A dialog that is fetched when it is first opened. Shows nothing while it comes, and says so if it cannot. */
export function LaterDialog<P extends { onClose: () => void }>({ title, load, props }: { title: string; load: () => Promise<ComponentType<P>>; props: P }) {
  const loaded = useLater(load);
  if (loaded === null) return null;
  if (loaded !== "failed") return <loaded.Part {...props} />;
  return (
    <Dialog title={title} onClose={props.onClose}>
      <p class="fault" role="alert">This could not be fetched. Is the daemon running? Close it and try again.</p>
    </Dialog>
  );
}
