// The fields of a roast's card: the same when it is saved and when it is put right later.

import { fixed } from "../model/format";
import { weightLossPct, type ProfileFaults, type ProfileForm } from "../model/profileForm";
import { Field } from "./Field";
import { StarInput } from "./Stars";

type Props = { form: ProfileForm; faults: ProfileFaults; onChange: (part: Partial<ProfileForm>) => void; isRoast?: boolean };

/** `isRoast`: whether there are beans to speak of. */
export function ProfileFields({ form, faults, onChange, isRoast = true }: Props) {
  const loss = weightLossPct(form);
  return (
    <>
      <div class="form-grid">
        <Field label="Name" value={form.name} fault={faults.name} onInput={(name) => onChange({ name })} testId="save-name" />
        {isRoast && <>
          <Field label="Bean" value={form.bean} fault={faults.bean} onInput={(bean) => onChange({ bean })} testId="save-bean" />
          <Field label="Green, g" kind="number" value={form.green} fault={faults.green} onInput={(green) => onChange({ green })} testId="save-green" />
          <Field label="Roasted, g" kind="number" hint={loss === null ? "" : `loss ${fixed(loss)} %`} value={form.roasted} fault={faults.roasted} onInput={(roasted) => onChange({ roasted })} testId="save-roasted" />
        </>}
        <Field label="Batch" value={form.batch} fault={faults.batch} onInput={(batch) => onChange({ batch })} testId="save-batch" />
        <Field label="Operator" value={form.operator} fault={faults.operator} onInput={(operator) => onChange({ operator })} testId="save-operator" />
        <Field label="Tags" hint="commas between" value={form.tags} fault={faults.tags} onInput={(tags) => onChange({ tags })} testId="save-tags" />
        <StarInput value={form.rating} fault={faults.rating} onInput={(rating) => onChange({ rating })} />
      </div>
      <Field label="Notes" kind="area" value={form.notes} fault={faults.notes} onInput={(notes) => onChange({ notes })} testId="save-notes" />
    </>
  );
}
