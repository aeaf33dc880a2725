// Puts the device's choices where the stylesheets see them.

import { effect } from "@preact/signals";
import { settings } from "../store/settings";

/** Keeps the root element in step with the settings and, where they leave it to the device, with the device. */
export function startTheme(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    const { dataset } = document.documentElement;
    const chosen = settings.theme.value;
    dataset["theme"] = chosen === "auto" ? (dark.matches ? "dark" : "light") : chosen;
    dataset["glove"] = settings.glove.value;
  };
  effect(apply);
  dark.addEventListener("change", apply);
}
