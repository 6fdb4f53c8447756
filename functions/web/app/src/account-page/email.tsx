import { useState } from "preact/hooks";
import type { OwnAccount } from "../account";
import { dataOf, POST } from "../api/client";
import { t } from "../language";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { EmailField, Field } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { useAction } from "../ui/load";
import { toast } from "../ui/toast";
import { Section } from "./section";

/** The email address, and whether it is verified. A new address takes effect when the user opens the link in the mail to it. */
export function EmailAddress({ account: { email, email_verified } }: { account: OwnAccount }) {
  const texts = t.account.changeEmail;
  const [sent, setSent] = useState(0);
  const change = async ({ email, password }: Values) => {
    await dataOf(POST("/me/email", { body: { email: email!, password: password! } }));
    toast(texts.sent(email!));
    setSent(sent + 1);
  };
  return (
    <Section title={t.account.email}>
      <p class="row">
        <bdi>{email}</bdi>
        {email_verified ? <Badge tone="good">{t.account.verified}</Badge> : <Badge tone="warn">{t.account.notVerified}</Badge>}
      </p>
      {!email_verified && <Verification />}
      {/* Keyed by the number of mails, so that the form is empty after it was sent. */}
      <Form key={sent} submit={texts.submit} onSubmit={change}>
        <EmailField label={texts.newEmail} hint={texts.hint} autocomplete="email" />
        <Field label={texts.password} name="password" type="password" autocomplete="current-password" required />
      </Form>
    </Section>
  );
}

/** A button that sends the mail for the verification again. */
function Verification() {
  const { busy, error, run } = useAction();
  const send = () =>
    run(async () => {
      await dataOf(POST("/me/verify_email"));
      toast(t.account.verificationSent);
    });
  return (
    <>
      <ErrorMessage error={error} />
      <div class="row"><Button icon="mail" busy={busy} onClick={send}>{t.account.sendVerification}</Button></div>
    </>
  );
}
