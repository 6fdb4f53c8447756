import { useState } from "preact/hooks";
import { dataOf, GET, PATCH, POST, signIn } from "./api/client";
import { languageOptions, t } from "./language";
import { NewPasswordField, type OwnAccount } from "./sign-in";
import { Field, Form, NameField, Select } from "./ui/form";
import { useTitle } from "./ui/title";
import { ErrorMessage, useAction } from "./ui/load";

/** The user's own account: change the name, the contact and the password, and download all data. */
export function AccountPage({ account, onChange }: { account: OwnAccount; onChange: (account: OwnAccount) => void }) {
  useTitle(t.account.title);
  const [message, setMessage] = useState("");
  const download = useAction();
  const change = async ({ name, phone, language }: Record<string, string>) => {
    onChange(await dataOf(PATCH("/me", { body: { name: name!, phone: phone!.trim() || null, language: language || null } })));
    setMessage(t.account.saved);
  };
  const changePassword = async ({ old_password, new_password }: Record<string, string>) => {
    await dataOf(POST("/me/password", { body: { old_password: old_password!, new_password: new_password! } }));
    // The change has revoked all tokens except the one it was sent with. If that token was renewed meanwhile, the
    // renewed one is revoked too.
    await signIn(account.email, new_password!);
    setMessage(t.account.passwordChanged);
  };
  const saveExport = () =>
    download.run(async () => {
      const text = JSON.stringify(await dataOf(GET("/me/export")), undefined, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      link.download = t.account.exportFile;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  return (
    <section class="narrow">
      <h1>{t.account.title}</h1>
      <p class="notice good" role="status" hidden={!message}>{message}</p>
      <EmailAddress account={account} onSent={() => setMessage(t.account.verificationSent)} />
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
      <h2>{t.account.changePassword}</h2>
      <Form submit={t.account.changePassword} onSubmit={changePassword}>
        <input type="hidden" autocomplete="username" value={account.email} />
        <Field label={t.account.oldPassword} name="old_password" type="password" autocomplete="current-password" required />
        <NewPasswordField label={t.account.newPassword} name="new_password" />
      </Form>
      <h2>{t.account.export}</h2>
      <ErrorMessage error={download.error} />
      <button type="button" onClick={saveExport}>{t.account.export}</button>
    </section>
  );
}

/** The email address, and whether it is verified. If not, a button sends the mail for that again. */
function EmailAddress({ account, onSent }: { account: OwnAccount; onSent: () => void }) {
  const { busy, error, run } = useAction();
  const send = () =>
    run(async () => {
      await dataOf(POST("/me/verify_email"));
      onSent();
    });
  return (
    <>
      <p>
        {t.account.email}: <bdi>{account.email}</bdi>{" "}
        <span class="faint">{account.email_verified ? t.account.verified : t.account.notVerified}</span>
      </p>
      <ErrorMessage error={error} />
      {!account.email_verified && (
        <p><button type="button" aria-disabled={busy} onClick={send}>{t.account.sendVerification}</button></p>
      )}
    </>
  );
}
