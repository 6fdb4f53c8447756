import { useState } from "preact/hooks";
import { dataOf, POST } from "../api/client";
import { t } from "../language";
import { Dialog } from "../ui/dialog";
import { Select, EmailField, Field, Form, NameField } from "../ui/form";
import { TextArea } from "./text-area";
import { ACCOUNT_TYPES, type AccountType } from "./accounts-data";

/** Creates an account for another user. Without a password, the user gets an invitation by mail. */
export function NewAccount({ onClose, onDone }: { onClose: () => void; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const [accountType, setAccountType] = useState<AccountType>("Doctor");
  const submit = async ({ name, email, password, specialty, details }: Record<string, string>) => {
    const doctor = accountType === "Doctor" ? { specialty: specialty || null, details: details || null } : {};
    const body = { name: name!, email: email!, account_type: accountType, ...(password && { password }), ...doctor };
    await dataOf(POST("/register", { body }));
    onDone(password ? texts.created(name!) : texts.invited(name!));
    onClose();
  };
  return (
    <Dialog title={texts.create} onClose={onClose}>
      <Form submit={texts.createSubmit} onSubmit={submit}>
        <Select
          label={texts.accountType} value={accountType} onChoose={(type) => setAccountType(type as AccountType)}
          options={ACCOUNT_TYPES}
        />
        <NameField label={texts.name} name="name" autocomplete="off" required />
        <EmailField label={texts.email} autocomplete="off" />
        <Field
          label={texts.password} hint={texts.passwordHint} name="password" type="password"
          autocomplete="new-password" minlength={8} maxlength={128}
        />
        {accountType === "Doctor" && (
          <>
            <NameField label={texts.specialty} hint={texts.specialtyHint} name="specialty" />
            <TextArea label={texts.details} hint={texts.detailsHint} name="details" maxlength={5000} />
          </>
        )}
      </Form>
    </Dialog>
  );
}
