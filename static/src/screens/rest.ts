// Every screen but the first, and what opens over one.

export { FirstAdmin } from "./FirstAdmin";
export { SettingsDialog } from "./SettingsDialog";
export { SignIn } from "./SignIn";
export { Admin } from "./admin/Admin";
export { Alarms } from "./alarms/Alarms";
export { FinishSheet } from "./cockpit/FinishSheet";
export { HelpDialog } from "./cockpit/HelpDialog";
export { TimerDialog } from "./cockpit/TimerDialog";
export { CompareView } from "./compare/CompareView";
export { GenericCockpit } from "./generic/GenericCockpit";
export { PrintView } from "./print/PrintView";
export { ProfileList } from "./profiles/ProfileList";
export { ProfileView } from "./profiles/ProfileView";
export { ProgramList } from "./programs/ProgramList";
export { ProgramLoader } from "./programs/ProgramLoader";
export { ReplayView } from "./replay/ReplayView";
export { Setup } from "./setup/Setup";
export { Tasks } from "./tasks/Tasks";
