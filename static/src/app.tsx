// The frame around every screen, and which screen it is.

import { useSignal } from "@preact/signals";
import { ErrorBoundary } from "./ui/ErrorBoundary";
import { Icon, type IconName } from "./ui/Icon";
import { useHouse } from "./ui/house";
import { useKeys } from "./ui/keys";
import { Later, LaterDialog } from "./ui/Later";
import { Loading } from "./ui/Loading";
import { go, link, route, type Route } from "./ui/router";
import { StopCorner, useStop } from "./ui/StopCorner";
import { silenceHere } from "./platform/sound";
import { Cockpit } from "./screens/cockpit/Cockpit";
import { later } from "./screens/later";
import { Notes } from "./screens/Notes";
import { Wall } from "./screens/wall/Wall";
import { Updated } from "./ui/Updated";

export function App() {
  const settingsOpen = useSignal(false);
  const at = route.value;
  const house = useHouse();
  const stop = useStop();
  useKeys((action) => {
    const chosen = action.do === "machine" ? house.items.peek()[action.index] : undefined;
    if (chosen !== undefined) go(link.machine(chosen.id));
    else if (action.do === "stop") stop();
    else if (action.do === "silence") silenceHere();
  }, ({ do: what }) => what === "machine" || what === "stop" || what === "silence");
  const isOut = house.isOut.value;
  return (
    <div class="shell">
      <nav class="rail" aria-label="Main">
        {!isOut && (
          <>
            <RailLink href={link.wall()} icon="wall" text="Machines" isHere={["wall", "machine", "programs", "program", "new", "setup", "alarms"].includes(at.at)} />
            <RailLink href={link.profiles()} icon="curve" text="Profiles" isHere={["profiles", "profile", "compare", "print", "replay"].includes(at.at)} />
            <RailLink href={link.tasks()} icon="steps" text="Tasks" isHere={at.at === "tasks"} />
            <RailLink href={link.admin()} icon="health" text="Admin" isHere={at.at === "admin"} />
          </>
        )}
        <Updated />
        <button type="button" class="end" data-testid="open-settings" onClick={() => (settingsOpen.value = true)}>
          <Icon name="gear" /> Settings
        </button>
      </nav>
      <ErrorBoundary key={location.hash} name="This screen">
        {isOut && at.at !== "first" ? <Later key="sign-in" load={later("SignIn")} props={{}} /> : <Screen at={at} />}
      </ErrorBoundary>
      <Notes />
      <StopCorner />
      {settingsOpen.value && (
        <LaterDialog title="Settings" load={later("SettingsDialog")} props={{ onClose: () => (settingsOpen.value = false) }} />
      )}
    </div>
  );
}

function RailLink({ href, icon, text, isHere }: { href: string; icon: IconName; text: string; isHere: boolean }) {
  return (
    <a href={href} aria-current={isHere ? "page" : undefined}>
      <Icon name={icon} /> {text}
    </a>
  );
}

function Screen({ at }: { at: Route }) {
  switch (at.at) {
    case "wall":
      return <Wall />;
    case "machine":
      return <MachineScreen key={at.id} id={at.id} />;
    case "new":
      return <Later key="new" load={later("Setup")} props={{ id: null }} />;
    case "setup":
      return <Later key={`setup ${at.id}`} load={later("Setup")} props={{ id: at.id }} />;
    case "alarms":
      return <Later key={`alarms ${at.id}`} load={later("Alarms")} props={{ id: at.id }} />;
    case "admin":
      return <Later key={`admin ${at.part}`} load={later("Admin")} props={{ part: at.part }} />;
    case "first":
      return <Later key="first" load={later("FirstAdmin")} props={{ token: at.token }} />;
    case "sign-in":
      return <Later key="sign-in" load={later("SignIn")} props={{}} />;
    case "programs":
      return <Later key={at.id} load={later("ProgramList")} props={{ id: at.id }} />;
    case "program":
      return <Later key={`${at.id}/${at.program}`} load={later("ProgramLoader")} props={{ id: at.id, program: at.program }} />;
    case "tasks":
      return <Later key="tasks" load={later("Tasks")} props={{}} />;
    case "profiles":
      return <Later key="profiles" load={later("ProfileList")} props={{}} />;
    case "profile":
      return <Later key={at.id} load={later("ProfileView")} props={{ id: at.id }} />;
    case "compare":
      return <Later key={at.ids.join()} load={later("CompareView")} props={{ ids: at.ids }} />;
    case "print":
      return <Later key={at.id} load={later("PrintView")} props={{ id: at.id, against: at.against }} />;
    case "replay":
      return <Later key={at.profile} load={later("ReplayView")} props={{ id: at.id, profile: at.profile }} />;
    case "unknown":
      return (
        <main class="page">
          <section class="panel empty">
            <h2>There is nothing here</h2>
            <p>The address {at.hash} names no screen.</p>
            <a class="button primary" href={link.wall()}>Go to the machines</a>
          </section>
        </main>
      );
  }
}

/** The cockpit that suits the kind of machine; one that the list does not know is asked for as a roaster, which says so. */
function MachineScreen({ id }: { id: string }) {
  const house = useHouse();
  if (house.list.value.kind === "loading") return <main class="page"><Loading /></main>;
  const kind = house.summary(id)?.kind;
  if (kind === undefined || kind === "roaster") return <Cockpit id={id} />;
  return <Later load={later("GenericCockpit")} props={{ id }} />;
}
