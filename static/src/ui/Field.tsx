// A labelled input with the fault that belongs to it.

import { useId } from "preact/hooks";
import { Icon } from "./Icon";

type Props = {
  label: string;
  value: string;
  onInput: (value: string) => void;
  fault?: string | undefined;
  kind?: "text" | "number" | "area" | "email" | "password" | "new-password";
  hint?: string;
  warning?: string | undefined;
  /** What may be chosen, as value and words; without it the field is typed. */
  choices?: readonly (readonly [string, string])[];
  /** What may be chosen or typed otherwise, as value and words. */
  offers?: readonly (readonly [string, string])[];
  /** Id of the element, where something leads to it. */
  id?: string;
  testId?: string;
  required?: boolean;
  /** Takes the focus when it appears. */
  autofocus?: boolean;
};

/** What a browser may fill in by itself. */
const LOGIN = {
  email: { type: "email", autocomplete: "username" }, password: { type: "password", autocomplete: "current-password" },
  "new-password": { type: "password", autocomplete: "new-password" },
} as const;

/** A field. Its fault stands right under it and is read out with it. */
export function Field({ label, value, onInput, fault, kind = "text", hint, warning, choices, offers, id: given, testId, required = false, autofocus = false }: Props) {
  const made = useId();
  const id = given ?? made;
  const common = {
    id, value, required, autofocus,
    "data-testid": testId,
    "aria-invalid": fault !== undefined,
    "aria-describedby": fault !== undefined ? `${id}-fault` : warning !== undefined ? `${id}-warning` : undefined,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {choices !== undefined ? <select {...common}>{choices.map(([choice, words]) => <option key={choice} value={choice}>{words}</option>)}</select>
        : kind === "area" ? <textarea {...common} rows={3} /> : kind in LOGIN ? <input {...common} {...LOGIN[kind as keyof typeof LOGIN]} />
        : <input {...common} type="text" inputMode={kind === "number" ? "decimal" : "text"} autocomplete="off" {...(offers === undefined ? {} : { list: `${id}-offers` })} />}
      {offers !== undefined && <datalist id={`${id}-offers`}>{offers.map(([offer, words]) => <option key={offer} value={offer}>{words}</option>)}</datalist>}
      {fault === undefined && warning !== undefined && <p class="hint warned" id={`${id}-warning`} role="status"><Icon name="info" /> {warning}</p>}
      {fault === undefined && warning === undefined && hint !== undefined && hint !== "" && <span class="hint">{hint}</span>}
      <Fault id={`${id}-fault`} text={fault} />
    </div>
  );
}

/** What is wrong, with a sign that does not depend on colour. */
export function Fault({ id, text }: { id?: string; text: string | undefined }) {
  if (text === undefined) return null;
  return (
    <p class="fault" id={id} role="alert">
      <Icon name="triangle" />
      <span>{text}</span>
    </p>
  );
}
