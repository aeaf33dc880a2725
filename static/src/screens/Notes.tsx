// What stands below every screen: that the house is open to all, and what has become of one's rights.

import { Banner } from "../ui/Banner";
import { useHouse } from "../ui/house";

export function Notes() {
  const house = useHouse();
  const { changed, me } = house;
  if (changed.value === null && me.value?.access !== "open") return null;
  return (
    <div class="house-notes">
      {changed.value !== null && (
        <Banner icon="info" tone="warning" urgent testId="rights-changed" actions={<button type="button" class="button" onClick={() => (changed.value = null)}>Understood</button>}>{changed.value}</Banner>
      )}
      {me.value?.access === "open" && <Banner icon="triangle" tone="warning" testId="open-to-all">Open: everybody who reaches this page may steer.</Banner>}
    </div>
  );
}
