import { useState } from "preact/hooks";
import { dataOf, POST } from "./api/client";
import { t } from "./language";
import { hrefTo } from "./route";
import { EmailField } from "./ui/field";
import { Form, type Values } from "./ui/form";
import { Notice } from "./ui/notice";
import { useTitle } from "./ui/title";

/** Requests a mail that sets a new password. The page says the same whether or not an account has the email address. */
export function ForgotPassword() {
  const texts = t.forgotPassword;
  const [isSent, setSent] = useState(false);
  useTitle(texts.title);
  const submit = async ({ email }: Values) => {
    await dataOf(POST("/forgot_password", { body: { email: email! } }));
    setSent(true);
  };
  return (
    <section class="page narrow">
      <h1>{texts.title}</h1>
      {isSent ? (
        <Notice tone="good" role="status" focused>{texts.sent}</Notice>
      ) : (
        <div class="card">
          <Form submit={texts.submit} onSubmit={submit}>
            <p>{texts.intro}</p>
            <EmailField label={t.signIn.email} autocomplete="username" />
          </Form>
        </div>
      )}
      <p><a href={hrefTo("sign-in")}>{texts.back}</a></p>
    </section>
  );
}
