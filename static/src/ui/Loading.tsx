// What stands where something is being fetched. It is seen only where that takes a while.

import { Icon } from "./Icon";

export function Loading({ what = "" }: { what?: string }) {
  return (
    <div class="loading" role="status">
      <p class="muted"><Icon name="clock" /> Loading{what === "" ? "" : ` ${what}`}…</p>
      {[0, 1, 2].map((key) => <div key={key} class="skeleton" />)}
    </div>
  );
}
