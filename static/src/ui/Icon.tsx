// Icons. They are drawn in `index.html`.

/** Name of an icon. */
export type IconName =
  | "dot" | "ring" | "triangle" | "octagon" | "info" | "clock" | "slash" | "back" | "close" | "plus" | "minus" | "check" | "lock" | "wall"
  | "curve" | "steps" | "up" | "down" | "gear" | "play" | "pause" | "stop" | "undo" | "record" | "sound" | "mute" | "left" | "right"
  | "keys" | "health" | "bell" | "sliders" | "grip" | "help";

/** An icon. It is decoration: the word beside it says what it means. */
export function Icon({ name }: { name: IconName }) {
  return <svg class="icon" aria-hidden="true"><use href={`#i-${name}`} /></svg>;
}
