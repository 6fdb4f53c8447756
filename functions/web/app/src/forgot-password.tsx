import { useEffect, useRef, useState } from "preact/hooks";
import { dataOf, POST } from "./api/client";
import { t } from "./language";
import { hrefTo } from "./route";
import { EmailField } from "./ui/field";
import { Form, type Values } from "./ui/form";
import { useTitle } from "./ui/title";

/** Requests a mail that sets a new password. The page says the same whether or not an account has the email address. */
export function ForgotPassword() {
  const texts = t.forgotPassword;
  const [isSent, setSent] = useState(false);
  const notice = useRef<HTMLParagraphElement>(null);
  // The form with the focus is gone.
  useEffect(() => {
    if (isSent) notice.current?.focus();
  }, [isSent]);
  useTitle(texts.title);
  const submit = async ({ email }: Values) => {
    await dataOf(POST("/forgot_password", { body: { email: email! } }));
    setSent(true);
  };
  return (
    <section class="page narrow">
      <h1>{texts.title}</h1>
      {isSent ? (
        <p class="notice good" role="status" tabIndex={-1} ref={notice}>{texts.sent}</p>
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
