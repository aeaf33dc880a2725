// Says that the daemon was updated under the page, and offers to fetch the page that belongs to it.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { rest } from "../link/rest";
import { isOtherVersion } from "../model/version";
import { Icon } from "./Icon";
import { useHouse } from "./house";

const LOOK_EVERY_MS = 60_000;

/** The version that this page was built with. */
const OURS = import.meta.env["VITE_HEARTH_VERSION"] as string | undefined;

/** Nothing while both are of one version, and never while something is recorded. */
export function Updated() {
  const theirs = useSignal<string | null>(null);
  const house = useHouse();
  useEffect(() => {
    const look = () => void rest.health().then(({ version }) => (theirs.value = version), () => undefined);
    const wake = () => document.visibilityState === "visible" && look();
    look();
    const timer = setInterval(look, LOOK_EVERY_MS);
    document.addEventListener("visibilitychange", wake);
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", wake);
    };
  }, []);
  const isRecording = house.items.value.some((machine) => machine.session_state === "recording");
  if (isRecording || !isOtherVersion(OURS, theirs.value)) return null;
  return (
    <div role="status">
      <button type="button" class="updated" data-testid="updated" onClick={() => location.reload()}>
        <Icon name="info" /> Updated – reload
      </button>
    </div>
  );
}
