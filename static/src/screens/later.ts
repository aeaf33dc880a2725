// Where what is fetched later comes from: each lot is one file, asked for with whichever of its parts is needed first.

const from = <Lot>(fetch: () => Promise<Lot>) => <Name extends keyof Lot>(name: Name) => (): Promise<Lot[Name]> => fetch().then((lot) => lot[name]);

/** What opens over a screen. */
export const overlay = from(() => import("./overlays"));
/** Everything about saved roasts. */
export const shelf = from(() => import("./shelf"));
/** What is no roast and no shelf. */
export const works = from(() => import("./works"));
