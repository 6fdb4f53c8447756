import { useState } from "preact/hooks";
import { answer, GET, PATCH, POST, signIn } from "./api/client";
import { t } from "./language";
import type { Account } from "./sign-in";
import { Field, Form, NameField } from "./ui/form";
import { useTitle } from "./ui/title";
import { Failure, useAction } from "./ui/load";

/** The reader's own account: its name, its password, and all that the clinic holds of it. */
export function AccountPage({ account, onChange }: { account: Account; onChange: (account: Account) => void }) {
  useTitle(t.account.title);
  const [said, say] = useState("");
  const download = useAction();
  const rename = async ({ name }: Record<string, string>) => {
    onChange(await answer(PATCH("/me", { body: { name: name! } })));
    say(t.account.saved);
  };
  const change = async ({ old_password, new_password }: Record<string, string>) => {
    await answer(POST("/me/password", { body: { old_password: old_password!, new_password: new_password! } }));
    // It has ended all tokens, and this one too unless it was the one that asked.
    await signIn(account.email, new_password!);
    say(t.account.passwordChanged);
  };
  const save = () =>
    download.run(async () => {
      const text = JSON.stringify(await answer(GET("/me/export")), undefined, 2);
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
      link.download = t.account.exportFile;
      link.click();
      URL.revokeObjectURL(link.href);
    });
  return (
    <section class="narrow">
      <h1>{t.account.title}</h1>
      <p class="notice good" role="status" hidden={!said}>{said}</p>
      <Form submit={t.account.save} onSubmit={rename}>
        <p>{t.account.email}: <bdi>{account.email}</bdi></p>
        <NameField label={t.account.name} name="name" defaultValue={account.name} autocomplete="name" required />
      </Form>
      <h2>{t.account.changePassword}</h2>
      <Form submit={t.account.changePassword} onSubmit={change}>
        <input type="hidden" autocomplete="username" value={account.email} />
        <Field label={t.account.oldPassword} name="old_password" type="password" autocomplete="current-password" required />
        <Field
          label={t.account.newPassword} hint={t.register.passwordHint} name="new_password" type="password"
          autocomplete="new-password" minlength={8} maxlength={128} required
        />
      </Form>
      <h2>{t.account.export}</h2>
      <Failure of={download.error} />
      <button type="button" onClick={save}>{t.account.export}</button>
    </section>
  );
}
