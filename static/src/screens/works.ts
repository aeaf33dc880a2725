// Machines that are no roasters, tasks and programs: fetched together, because each shows parts of the others.

export { GenericCockpit } from "./generic/GenericCockpit";
export { ProgramList } from "./programs/ProgramList";
export { ProgramLoader } from "./programs/ProgramLoader";
export { Tasks } from "./tasks/Tasks";
