// Brings key presses to the actions they mean.

import { useEffect, useRef } from "preact/hooks";
import { actionOf, type Action, type Focus } from "../model/keymap";
import { settings } from "../store/settings";

function focusOf(target: EventTarget | null): Focus {
  if (!(target instanceof HTMLElement)) return "page";
  if (document.querySelector("dialog[open]") !== null) return "dialog";
  if (target.isContentEditable || target.matches("textarea, select, input:not([type=range]):not([type=checkbox]):not([type=radio])")) return "text";
  if (target.matches("[role=slider], input[type=range]")) return "slider";
  if (target.closest("button, a[href], summary, input") !== null) return "button";
  return "page";
}

/**
 * Calls back for every key press that means something, for as long as the caller is on screen. `wants`: which of them; the
 * others stay what they are to the browser.
 */
export function useKeys(act: (action: Action) => void, wants: (action: Action) => boolean = () => true): void {
  const latest = useRef({ act, wants });
  latest.current = { act, wants };
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const action = actionOf(event, focusOf(event.target), settings.shortcuts.peek() === "on", settings.keys.peek());
      if (action === null || !latest.current.wants(action)) return;
      event.preventDefault();
      latest.current.act(action);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
