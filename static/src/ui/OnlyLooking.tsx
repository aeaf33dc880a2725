import { isAdminOfAll } from "../model/people";
import { useHouse } from "./house";

/** Tells whoever may see how a machine is set up, but not change it. */
export function OnlyLooking() {
  const me = useHouse().me.value;
  return me === null || isAdminOfAll(me.user) ? null : <p class="muted" data-testid="only-looking">You may look. Only an admin of all machines can change this.</p>;
}
