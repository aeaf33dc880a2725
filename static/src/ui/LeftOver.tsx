// Says that something typed before is still there, and offers to forget it.

import type { Draft } from "../store/draft";
import { Banner } from "./Banner";

export function LeftOver({ draft }: { draft: Draft }) {
  return (
    <Banner icon="info" testId="left-over" actions={<button type="button" class="button" onClick={() => draft.discard()}>Discard them</button>}>
      Changes of this machine that were not saved are still here. Saving keeps all of them.
    </Banner>
  );
}
