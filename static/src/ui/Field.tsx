// A labelled input with the fault that belongs to it.

import { useId } from "preact/hooks";
import { Icon } from "./Icon";

type Props = {
  label: string;
  value: string;
  onInput: (value: string) => void;
  fault?: string | undefined;
  kind?: "text" | "number" | "area";
  hint?: string;
  testId?: string;
  required?: boolean;
};

/** A field. Its fault stands right under it and is read out with it. */
export function Field({ label, value, onInput, fault, kind = "text", hint, testId, required = false }: Props) {
  const id = useId();
  const common = {
    id, value, required,
    "data-testid": testId,
    "aria-invalid": fault !== undefined,
    "aria-describedby": fault !== undefined ? `${id}-fault` : undefined,
    onInput: (event: { currentTarget: HTMLInputElement | HTMLTextAreaElement }) => onInput(event.currentTarget.value),
  };
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {kind === "area" ? <textarea {...common} rows={3} /> : <input {...common} type="text" inputMode={kind === "number" ? "decimal" : "text"} autocomplete="off" />}
      {fault === undefined && hint !== undefined && hint !== "" && <span class="hint">{hint}</span>}
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
