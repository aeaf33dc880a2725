// Icons: simple outlines, drawn here so that nothing is fetched.

const PATHS = {
  dot: "M12 6a6 6 0 1 0 0 12 6 6 0 0 0 0-12Z",
  ring: "M12 5a7 7 0 1 0 0 14 7 7 0 0 0 0-14Z",
  triangle: "M12 3 22 21H2ZM12 10v5M12 18v.5",
  octagon: "M8 2h8l6 6v8l-6 6H8l-6-6V8ZM12 7v6M12 16.5v.5",
  info: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM12 11v6M12 7v.5",
  clock: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l4 2",
  slash: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM6 6l12 12",
  back: "M15 4 7 12l8 8",
  close: "M5 5l14 14M19 5 5 19",
  plus: "M12 4v16M4 12h16",
  minus: "M4 12h16",
  check: "m4 13 5 5L20 6",
  lock: "M6 11h12v10H6ZM9 11V7a3 3 0 0 1 6 0v4",
  wall: "M3 4h8v7H3ZM13 4h8v7h-8ZM3 13h8v7H3ZM13 13h8v7h-8Z",
  curve: "M3 5c3 10 5 13 8 13 5 0 6-9 10-12M3 21h18",
  steps: "M4 6h1M9 6h11M4 12h1M9 12h11M4 18h1M9 18h11",
  up: "m5 15 7-7 7 7",
  down: "m5 9 7 7 7-7",
  gear: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  play: "M7 4v16l13-8Z",
  pause: "M7 4v16M17 4v16",
  stop: "M6 6h12v12H6Z",
  undo: "M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3",
  record: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16Z",
  sound: "M4 9v6h4l5 4V5L8 9ZM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11",
  mute: "M4 9v6h4l5 4V5L8 9ZM17 9l5 6M22 9l-5 6",
  left: "M15 5 8 12l7 7",
  right: "m9 5 7 7-7 7",
  keys: "M2 6h20v12H2ZM6 10h.5M10 10h.5M14 10h.5M18 10h.5M7 14h10",
  health: "M3 12h4l3-8 4 16 3-8h4",
  bell: "M6 17V11a6 6 0 0 1 12 0v6l2 2H4ZM10 22h4",
  sliders: "M6 3v8M6 15v6M12 3v3M12 10v11M18 3v11M18 18v3M3 13h6M9 8h6M15 16h6",
  grip: "M9 5v.5M15 5v.5M9 12v.5M15 12v.5M9 19v.5M15 19v.5",
  help: "M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5",
} as const;
/** Discs, not rings. */
const FILLED: ReadonlySet<string> = new Set(["dot", "record"]);

/** Name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon. It is decoration: the word beside it says what it means. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} fill={FILLED.has(name) ? "currentColor" : undefined} />
    </svg>
  );
}
