// A form: what was typed so far, what is wrong with it, and sending it.

import { useSignal, type Signal } from "@preact/signals";
import { useWork, type Work } from "./work";

export type Form<T> = Work & {
  typed: Signal<T>;
  change: (part: Partial<T>) => void;
  /** What a field needs that shows and changes one text of it. */
  at: (key: keyof T & string) => { value: string; fault: string | undefined; onInput: (text: string) => void };
  /** What a press on "send" does. */
  sends: (work: () => Promise<unknown>) => (event: Event) => void;
};

export function useForm<T extends object>(first: T): Form<T> {
  const work = useWork();
  const typed = useSignal(first);
  const change = (part: Partial<T>) => void (typed.value = { ...typed.peek(), ...part });
  return {
    ...work, typed, change,
    at: (key) => ({ value: String(typed.value[key]), fault: work.faultAt(`/${key}`), onInput: (text) => change({ [key]: text } as Partial<T>) }),
    sends: (send) => (event) => {
      event.preventDefault();
      void work.run(send);
    },
  };
}
