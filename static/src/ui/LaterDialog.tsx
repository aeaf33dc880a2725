// A dialog that is fetched when it is first opened.

import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { Dialog } from "./Dialog";

type Props<P> = { title: string; load: () => Promise<ComponentType<P>>; props: P };

/** Shows nothing while it comes, and says so if it cannot. */
export function LaterDialog<P extends { onClose: () => void }>({ title, load, props }: Props<P>) {
  const [loaded, setLoaded] = useState<{ dialog: ComponentType<P> } | "failed" | null>(null);
  useEffect(() => {
    let isHere = true;
    load().then((dialog) => isHere && setLoaded({ dialog }), () => isHere && setLoaded("failed"));
    return () => {
      isHere = false;
    };
  }, []);
  if (loaded === null) return null;
  if (loaded === "failed") {
    return (
      <Dialog title={title} onClose={props.onClose}>
        <p class="fault" role="alert">This could not be fetched. Is the daemon running? Close it and try again.</p>
      </Dialog>
    );
  }
  return <loaded.dialog {...props} />;
}
