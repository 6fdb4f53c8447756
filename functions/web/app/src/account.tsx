import { useState } from "preact/hooks";
import { dataOf, GET, PATCH, POST, signIn } from "./api/client";
import { t } from "./language";
import type { Account } from "./sign-in";
import { Field, Form, NameField } from "./ui/form";
import { useTitle } from "./ui/title";
import { ErrorMessage, useAction } from "./ui/load";

/** The user's own account: change the name, change the password, and download all data. */
export function AccountPage({ account, onChange }: { account: Account; onChange: (account: Account) => void }) {
  useTitle(t.account.title);
  const [message, setMessage] = useState("");
  const download = useAction();
  const changeName = async ({ name }: Record<string, string>) => {
    onChange(await dataOf(PATCH("/me", { body: { name: name! } })));
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
      <Form submit={t.account.save} onSubmit={changeName}>
        <p>{t.account.email}: <bdi>{account.email}</bdi></p>
        <NameField label={t.account.name} name="name" defaultValue={account.name} autocomplete="name" required />
      </Form>
      <h2>{t.account.changePassword}</h2>
      <Form submit={t.account.changePassword} onSubmit={changePassword}>
        <input type="hidden" autocomplete="username" value={account.email} />
        <Field label={t.account.oldPassword} name="old_password" type="password" autocomplete="current-password" required />
        <Field
          label={t.account.newPassword} hint={t.register.passwordHint} name="new_password" type="password"
          autocomplete="new-password" minlength={8} maxlength={128} required
        />
      </Form>
      <h2>{t.account.export}</h2>
      <ErrorMessage error={download.error} />
      <button type="button" onClick={saveExport}>{t.account.export}</button>
    </section>
  );
}
