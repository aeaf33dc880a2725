// What opens over a screen or stands in for one: small, and fetched together, because apart they would be larger.

export { HelpDialog } from "./cockpit/HelpDialog";
export { SettingsDialog } from "./SettingsDialog";
export { SignIn } from "./SignIn";
export { TimerDialog } from "./cockpit/TimerDialog";
