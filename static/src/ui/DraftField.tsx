// A field for one place of a document that is edited.

import { useSignal } from "@preact/signals";
import { at, read, shown, type Kind } from "../model/draft";
import type { Draft } from "../store/draft";
import { Field } from "./Field";

type Props = {
  draft: Draft;
  pointer: string;
  label: string;
  kind?: Kind;
  hint?: string;
  warning?: string | undefined;
  choices?: readonly (readonly [string, string])[] | undefined;
  /** What stands there while nothing is said. */
  otherwise?: string;
  /** Ready-made values beside which anything may be typed. */
  offers?: readonly (readonly [string, string])[];
};

/** The id of the element that edits a place: what a fault leads to. */
export const fieldId = (pointer: string): string => `at${pointer.replaceAll("/", "-")}`;

export function DraftField({ draft, pointer, label, kind = "text", choices, otherwise, ...rest }: Props) {
  const typed = useSignal("");
  const held = at(draft.doc.value, pointer);
  // What is being typed stays as it is: `2.` is a number already, and the point must not vanish under the fingers.
  const value = held !== undefined && read(typed.value, kind) === held ? typed.value : shown(held, kind);
  return (
    <Field
      {...rest} {...(choices === undefined ? {} : { choices })} label={label} id={fieldId(pointer)} testId={`field${pointer.replaceAll("/", "-")}`}
      value={value === "" && otherwise !== undefined ? otherwise : value} kind={kind === "text" ? "text" : "number"} fault={draft.faults.value.get(pointer)}
      onInput={(text) => {
        typed.value = text;
        draft.put(pointer, read(text, kind));
      }}
    />
  );
}

/** A choice between yes and no. */
export function DraftFlag({ usual, ...props }: Omit<Props, "choices" | "kind"> & { usual: boolean }) {
  return <DraftField {...props} kind="flag" otherwise={String(usual)} choices={[["true", "yes"], ["false", "no"]]} />;
}
