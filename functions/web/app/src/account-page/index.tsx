import { useState } from "preact/hooks";
import { dataOf, GET, PATCH, POST, signIn } from "../api/client";
import { languageOptions, t } from "../language";
import { NewPasswordField, type OwnAccount } from "../sign-in";
import { Field, Form, NameField, Select } from "../ui/form";
import { ErrorMessage, useAction } from "../ui/load";
import { save } from "../ui/save";
import { SuccessMessage } from "../ui/success-message";
import { useTitle } from "../ui/title";
import { EmailAddress } from "./email";
import { CalendarFeed } from "./feed";

export type AccountProps = { account: OwnAccount; onChange: (account: OwnAccount) => void };

/** The user's own account: the name and the contact, the email address, the password, the calendar feed and all data. */
export function AccountPage({ account, onChange }: AccountProps) {
  useTitle(t.account.title);
  return (
    <section class="narrow account">
      <h1>{t.account.title}</h1>
      <Details account={account} onChange={onChange} />
      <EmailAddress account={account} />
      <Password email={account.email} />
      <CalendarFeed account={account} onChange={onChange} />
      <Export />
    </section>
  );
}

function Details({ account, onChange }: AccountProps) {
  const [message, setMessage] = useState("");
  const change = async ({ name, phone, language }: Record<string, string>) => {
    onChange(await dataOf(PATCH("/me", { body: { name: name!, phone: phone!.trim() || null, language: language || null } })));
    setMessage(t.account.saved);
  };
  return (
    <>
      <SuccessMessage text={message} />
      <Form submit={t.account.save} onSubmit={change}>
        <NameField label={t.account.name} name="name" defaultValue={account.name} autocomplete="name" required />
        {/* Keyed by the value, so that the field shows the number as the API has stored it. */}
        <Field
          key={account.phone} label={t.account.phone} hint={t.account.phoneHint} name="phone" type="tel"
          defaultValue={account.phone ?? ""} autocomplete="tel" dir="ltr" maxlength={50}
        />
        <Select
          label={t.account.language} name="language" value={account.language ?? ""}
          options={[["", t.account.clinicLanguage], ...languageOptions(account.language)]}
        />
      </Form>
    </>
  );
}

function Password({ email }: { email: string }) {
  const [message, setMessage] = useState("");
  const change = async ({ old_password, new_password }: Record<string, string>) => {
    await dataOf(POST("/me/password", { body: { old_password: old_password!, new_password: new_password! } }));
    // The change has revoked all tokens except the one it was sent with. If that token was renewed meanwhile, the
    // renewed one is revoked too.
    await signIn(email, new_password!);
    setMessage(t.account.passwordChanged);
  };
  return (
    <>
      <h2>{t.account.changePassword}</h2>
      <SuccessMessage text={message} />
      <Form submit={t.account.changePassword} onSubmit={change}>
        <input type="hidden" autocomplete="username" value={email} />
        <Field label={t.account.oldPassword} name="old_password" type="password" autocomplete="current-password" required />
        <NewPasswordField label={t.account.newPassword} name="new_password" />
      </Form>
    </>
  );
}

function Export() {
  const { error, run } = useAction();
  const saveExport = () =>
    run(async () => {
      const text = JSON.stringify(await dataOf(GET("/me/export")), undefined, 2);
      save(new Blob([text], { type: "application/json" }), t.account.exportFile);
    });
  return (
    <>
      <h2>{t.account.export}</h2>
      <ErrorMessage error={error} />
      <button type="button" onClick={saveExport}>{t.account.export}</button>
    </>
  );
}
