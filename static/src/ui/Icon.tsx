// Icons: simple outlines, drawn here so that nothing is fetched.

const PATHS = {
  dot: <circle cx="12" cy="12" r="6" fill="currentColor" />,
  ring: <circle cx="12" cy="12" r="7" />,
  triangle: <path d="M12 3 22 21H2ZM12 10v5M12 18v.5" />,
  octagon: <path d="M8 2h8l6 6v8l-6 6H8l-6-6V8ZM12 7v6M12 16.5v.5" />,
  info: <path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20ZM12 11v6M12 7v.5" />,
  clock: <path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM12 7v5l4 2" />,
  slash: <path d="M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18ZM6 6l12 12" />,
  back: <path d="M15 4 7 12l8 8" />,
  close: <path d="M5 5l14 14M19 5 5 19" />,
  plus: <path d="M12 4v16M4 12h16" />,
  minus: <path d="M4 12h16" />,
  check: <path d="m4 13 5 5L20 6" />,
  lock: <path d="M6 11h12v10H6ZM9 11V7a3 3 0 0 1 6 0v4" />,
  wall: <path d="M3 4h8v7H3ZM13 4h8v7h-8ZM3 13h8v7H3ZM13 13h8v7h-8Z" />,
  curve: <path d="M3 5c3 10 5 13 8 13 5 0 6-9 10-12M3 21h18" />,
  steps: <path d="M4 6h1M9 6h11M4 12h1M9 12h11M4 18h1M9 18h11" />,
  up: <path d="m5 15 7-7 7 7" />,
  down: <path d="m5 9 7 7 7-7" />,
  gear: <path d="M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4" />,
  play: <path d="M7 4v16l13-8Z" />,
  pause: <path d="M7 4v16M17 4v16" />,
  stop: <path d="M6 6h12v12H6Z" />,
  undo: <path d="M9 5 4 10l5 5M4 10h10a6 6 0 0 1 0 12h-3" />,
  record: <circle cx="12" cy="12" r="8" fill="currentColor" />,
  sound: <path d="M4 9v6h4l5 4V5L8 9ZM16.5 9a4 4 0 0 1 0 6M19 6.5a8 8 0 0 1 0 11" />,
  mute: <path d="M4 9v6h4l5 4V5L8 9ZM17 9l5 6M22 9l-5 6" />,
  left: <path d="M15 5 8 12l7 7" />,
  right: <path d="m9 5 7 7-7 7" />,
  keys: <path d="M2 6h20v12H2ZM6 10h.5M10 10h.5M14 10h.5M18 10h.5M7 14h10" />,
  health: <path d="M3 12h4l3-8 4 16 3-8h4" />,
  bell: <path d="M6 17V11a6 6 0 0 1 12 0v6l2 2H4ZM10 22h4" />,
  sliders: <path d="M6 3v8M6 15v6M12 3v3M12 10v11M18 3v11M18 18v3M3 13h6M9 8h6M15 16h6" />,
  grip: <path d="M9 5v.5M15 5v.5M9 12v.5M15 12v.5M9 19v.5M15 19v.5" />,
  help: <path d="M9 9a3 3 0 1 1 4.5 2.6c-1 .6-1.5 1.2-1.5 2.4M12 18v.5" />,
} as const;

/** Name of an icon. */
export type IconName = keyof typeof PATHS;

/** An icon. It is decoration: the word beside it says what it means. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      {PATHS[name]}
    </svg>
  );
}
