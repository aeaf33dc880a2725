// Whether page and daemon belong together.

/** Whether the daemon says another version than the page has; what is not known is not another. */
export function isOtherVersion(ours: string | undefined, theirs: string | null): boolean {
  return ours !== undefined && ours !== "" && theirs !== null && theirs !== "" && ours !== theirs;
}
