// Every screen but the first, and what opens over one. Those that share most stand side by side: that alone makes the file a
// kilobyte smaller.

export { CompareView } from "./compare/CompareView";
export { PrintView } from "./print/PrintView";
export { ProfileList } from "./profiles/ProfileList";
export { ProfileView } from "./profiles/ProfileView";
export { ReplayView } from "./replay/ReplayView";
export { FinishSheet } from "./cockpit/FinishSheet";
export { GenericCockpit } from "./generic/GenericCockpit";
export { Tasks } from "./tasks/Tasks";
export { ProgramList } from "./programs/ProgramList";
export { ProgramLoader } from "./programs/ProgramLoader";
export { Alarms } from "./alarms/Alarms";
export { Setup } from "./setup/Setup";
export { Admin } from "./admin/Admin";
export { HelpDialog } from "./cockpit/HelpDialog";
export { TimerDialog } from "./cockpit/TimerDialog";
export { SettingsDialog } from "./SettingsDialog";
export { SignIn } from "./SignIn";
export { FirstAdmin } from "./FirstAdmin";
