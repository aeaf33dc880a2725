// What is no roast and no shelf: other machines, tasks, programs, set-up, alarms, admin. Fetched together, because they share so
// much that apart they would be larger.

export { Admin } from "./admin/Admin";
export { Alarms } from "./alarms/Alarms";
export { GenericCockpit } from "./generic/GenericCockpit";
export { ProgramList } from "./programs/ProgramList";
export { ProgramLoader } from "./programs/ProgramLoader";
export { Setup } from "./setup/Setup";
export { Tasks } from "./tasks/Tasks";
