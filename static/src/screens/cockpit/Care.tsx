// Below the controls, in one line: without what the heat goes off by itself.

import { lossWords } from "../../model/losses";
import { useHouse } from "../../ui/house";

export function Care({ id }: { id: string }) {
  const list = useHouse().list.value;
  const losses = list.kind === "ready" ? list.items.find((item) => item.id === id)?.losses : null;
  return losses ? <p class="controls-bar muted small" data-testid="care">{lossWords(losses)}</p> : null;
}
