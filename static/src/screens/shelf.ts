// Everything about saved roasts, fetched together: its screens share so much that apart they would be larger.

export { FinishSheet } from "./cockpit/FinishSheet";
export { CompareView } from "./compare/CompareView";
export { PrintView } from "./print/PrintView";
export { ProfileList } from "./profiles/ProfileList";
export { ProfileView } from "./profiles/ProfileView";
export { ReplayView } from "./replay/ReplayView";
