// Fetches a profile and shows what becomes of that.

import type { ComponentChildren } from "preact";
import { rest, RestError } from "../../link/rest";
import { loadProfile, type LoadedProfile } from "../../store/reference";
import { Fetching } from "../../ui/Fetching";
import { link } from "../../ui/router";
import { useFetched } from "../../ui/useFetched";

async function fetchProfile(id: string, signal: AbortSignal): Promise<LoadedProfile> {
  try {
    return loadProfile(await rest.profile(id, { signal }));
  } catch (error) {
    throw error instanceof RestError && error.status === 404 ? new Error("There is no such profile. It may have been deleted.") : error;
  }
}

export function ProfileLoader({ id, children }: { id: string; children: (loaded: LoadedProfile) => ComponentChildren }) {
  const profile = useFetched((signal) => fetchProfile(id, signal), [id]);
  if (profile.value !== null && profile.error === null) return <>{children(profile.value)}</>;
  return (
    <main class="page">
      <Fetching of={profile} what="the profile" actions={<a class="button" href={link.profiles()}>All profiles</a>} />
    </main>
  );
}
