import { useState } from "preact/hooks";
import { answer, POST } from "../api/client";
import { t } from "../language";
import type { Account } from "../sign-in";
import { Dialog } from "../ui/dialog";
import { Choice, EmailField, Field, Form, NameField } from "../ui/form";
import { Lines } from "./lines";
import { KINDS } from "./people";

/** Makes an account for somebody. */
export function NewAccount({ onClose, onDone }: { onClose: () => void; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const [kind, setKind] = useState<Account["account_type"]>("Doctor");
  const submit = async ({ name, email, password, specialty, details }: Record<string, string>) => {
    const doctor = kind === "Doctor" ? { specialty: specialty || null, details: details || null } : {};
    await answer(POST("/register", { body: { name: name!, email: email!, password: password!, account_type: kind, ...doctor } }));
    onDone(texts.created(name!));
    onClose();
  };
  return (
    <Dialog title={texts.create} onClose={onClose}>
      <Form submit={texts.createSubmit} onSubmit={submit}>
        <Choice label={texts.kind} value={kind} onChoose={(kind) => setKind(kind as typeof KINDS[number][0])} options={KINDS} />
        <NameField label={texts.name} name="name" autocomplete="off" required />
        <EmailField label={texts.email} autocomplete="off" />
        <Field
          label={texts.password} hint={texts.passwordHint} name="password" type="password"
          autocomplete="new-password" minlength={8} maxlength={128} required
        />
        {kind === "Doctor" && (
          <>
            <NameField label={texts.specialty} hint={texts.specialtyHint} name="specialty" />
            <Lines label={texts.details} hint={texts.detailsHint} name="details" maxlength={5000} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
