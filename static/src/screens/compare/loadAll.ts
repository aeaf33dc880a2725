// Fetches the roasts of a comparison. One that cannot be had does not keep the others away.

import { rest, RestError } from "../../link/rest";
import { loadProfile, type LoadedProfile } from "../../store/reference";

/** The roasts in the order they were asked for, and why some are not among them. */
export type Loaded = { roasts: LoadedProfile[]; faults: string[] };

export async function loadAll(ids: readonly string[], signal: AbortSignal): Promise<Loaded> {
  const found: Loaded = { roasts: [], faults: [] };
  const answers = await Promise.allSettled(ids.map((id) => rest.profile(id, { signal })));
  for (const answer of answers) {
    if (answer.status === "fulfilled") found.roasts.push(loadProfile(answer.value));
    else found.faults.push(answer.reason instanceof RestError && answer.reason.status === 404 ? "One of the roasts is gone: it may have been deleted." : String((answer.reason as Error).message));
  }
  return found;
}
