// What stands where something fetched is not there, or is old.

import type { ComponentChildren } from "preact";
import { Trouble } from "./Banner";
import { Loading } from "./Loading";
import type { Fetched } from "./useFetched";

type Props = { of: Fetched<unknown>; what: string; testId?: string; actions?: ComponentChildren };

export function Fetching({ of: { value, error, again }, what, testId, actions }: Props) {
  if (error !== null) return <Trouble testId={testId} onRetry={again} actions={actions}>{error}{value !== null && " What you see is the last that was known."}</Trouble>;
  return value === null ? <Loading what={what} /> : null;
}
