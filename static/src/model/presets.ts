// Machines whose registers are known, as their users publish them: `presets.json` beside the page. Facts only; nothing of it was
// tried at the machines by us.

import type { Doc } from "./draft";

/** A known machine, and what it brings along. */
export type Preset = { name: string; note: string; machine: Doc };
