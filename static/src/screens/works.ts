// Every screen that is fetched when it is first needed, as one file: they share so much that apart they weigh a tenth more.

export { Admin } from "./admin/Admin";
export { Alarms } from "./alarms/Alarms";
export { GenericCockpit } from "./generic/GenericCockpit";
export { ProfileList } from "./profiles/ProfileList";
export { ProfileView } from "./profiles/ProfileView";
export { ProgramList } from "./programs/ProgramList";
export { ProgramLoader } from "./programs/ProgramLoader";
export { ReplayView } from "./replay/ReplayView";
export { Setup } from "./setup/Setup";
export { Tasks } from "./tasks/Tasks";
