// The page: finds out who this tab is, then shows the house.

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/cockpit.css";
import "./styles/head.css";
import "./styles/profiles.css";
import "./styles/setup.css";
import "./styles/devices.css";
import { render } from "preact";
import { App } from "./app";
import { claimClientId, deviceName } from "./link/identity";
import { startSound } from "./platform/sound";
import { startTheme } from "./platform/theme";
import { startTitle } from "./platform/title";
import { startWakeLock } from "./platform/wakelock";
import { MachinesStore } from "./store/machines";
import { startOnline } from "./store/online";
import { startTicking } from "./store/ticker";
import { House } from "./ui/house";
import { startRouting } from "./ui/router";

async function start(root: HTMLElement): Promise<void> {
  startTheme();
  startRouting();
  startOnline();
  startTicking();
  const clientId = await claimClientId();
  const house = new MachinesStore({ clientId, name: deviceName, page: () => location.href });
  house.start();
  startSound(house);
  startTitle(house);
  startWakeLock(house);
  addEventListener("online", () => house.wake());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") house.wake();
  });
  render(
    <House.Provider value={house}>
      <App />
    </House.Provider>,
    root,
  );
}

const root = document.getElementById("app");
if (root !== null) void start(root);
