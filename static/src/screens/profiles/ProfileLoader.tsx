// Fetches a profile and shows what becomes of that.

import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { rest, RestError } from "../../link/rest";
import { loadProfile, type LoadedProfile } from "../../store/reference";
import { Trouble } from "../../ui/Banner";
import { Loading } from "../../ui/Loading";
import { link } from "../../ui/router";

type State = { kind: "loading" } | { kind: "failed"; error: string } | { kind: "ready"; loaded: LoadedProfile };

export function ProfileLoader({ id, children }: { id: string; children: (loaded: LoadedProfile) => ComponentChildren }) {
  const state = useSignal<State>({ kind: "loading" });
  const attempt = useSignal(0);
  useEffect(() => {
    const abort = new AbortController();
    state.value = { kind: "loading" };
    rest.profile(id, { signal: abort.signal }).then(
      (document) => (state.value = { kind: "ready", loaded: loadProfile(document) }),
      (error: unknown) => {
        if (abort.signal.aborted) return;
        state.value = { kind: "failed", error: error instanceof RestError && error.status === 404 ? "There is no such profile. It may have been deleted." : String((error as Error).message) };
      },
    );
    return () => abort.abort();
  }, [id, attempt.value]);
  const shown = state.value;
  if (shown.kind === "ready") return <>{children(shown.loaded)}</>;
  return (
    <main class="page">
      {shown.kind === "loading" ? <Loading what="the profile" /> : (
        <Trouble onRetry={() => (attempt.value += 1)} actions={<a class="button" href={link.profiles()}>All profiles</a>}>
          {shown.error}
        </Trouble>
      )}
    </main>
  );
}
