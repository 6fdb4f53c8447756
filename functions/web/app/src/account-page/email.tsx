import { useState } from "preact/hooks";
import { dataOf, POST } from "../api/client";
import { t } from "../language";
import type { OwnAccount } from "../sign-in";
import { EmailField, Field, Form } from "../ui/form";
import { ErrorMessage, useAction } from "../ui/load";
import { SuccessMessage } from "../ui/success-message";

/** The email address, and whether it is verified. A new address counts after the link of the mail to it was used. */
export function EmailAddress({ account: { email, email_verified } }: { account: OwnAccount }) {
  const texts = t.account.changeEmail;
  const [message, setMessage] = useState("");
  const change = async ({ email, password }: Record<string, string>) => {
    await dataOf(POST("/me/email", { body: { email: email!, password: password! } }));
    setMessage(texts.sent(email!));
  };
  return (
    <>
      <h2>{t.account.email}</h2>
      <p><bdi>{email}</bdi> <span class="faint">{email_verified ? t.account.verified : t.account.notVerified}</span></p>
      <SuccessMessage text={message} />
      {!email_verified && <Verification onSent={() => setMessage(t.account.verificationSent)} />}
      {/* Keyed by the message, so that the form is empty after it was sent. */}
      <Form key={message} submit={texts.submit} onSubmit={change}>
        <EmailField label={texts.newEmail} hint={texts.hint} autocomplete="email" />
        <Field label={texts.password} name="password" type="password" autocomplete="current-password" required />
      </Form>
    </>
  );
}

/** A button that sends the mail for the verification again. */
function Verification({ onSent }: { onSent: () => void }) {
  const { busy, error, run } = useAction();
  const send = () =>
    run(async () => {
      await dataOf(POST("/me/verify_email"));
      onSent();
    });
  return (
    <>
      <ErrorMessage error={error} />
      <p><button type="button" aria-disabled={busy} onClick={send}>{t.account.sendVerification}</button></p>
    </>
  );
}
