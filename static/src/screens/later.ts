// Where what is fetched later comes from: all of it is one file, because its parts share so much that apart they would be larger.

import type * as Rest from "./rest";

/** A screen, or what opens over one, that is not needed at first. */
export const later = <Name extends keyof typeof Rest>(name: Name) => (): Promise<(typeof Rest)[Name]> => import("./rest").then((rest) => rest[name]);
