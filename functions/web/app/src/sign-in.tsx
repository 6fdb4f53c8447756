import { useEffect, useRef } from "preact/hooks";
import { answer, GET, POST, Refused, signIn, type Schemas } from "./api/client";
import { t } from "./language";
import { to } from "./route";
import type { State } from "./session";
import { EmailField, Field, Form, NameField } from "./ui/form";
import { useTitle } from "./ui/title";

export type Account = Schemas["Account"];
export const me = (): Promise<Account> => answer(GET("/me"));

/** How the previous session ended, if there was one. */
export type Ended = Extract<State, { account?: never }>;

export function SignIn({ ended: { why, now } }: { ended: Ended }) {
  useTitle(t.signIn.title);
  const reason = why === undefined || why === "signed-out" ? undefined : t.signIn[why];
  const notice = useRef<HTMLParagraphElement>(null);
  // The page has changed without the user's doing, so the notice gets the focus and screen readers read it out.
  useEffect(() => {
    if (now) notice.current?.focus();
  }, []);
  const submit = async ({ email, password }: Record<string, string>) => {
    await signIn(email!, password!).catch((error: unknown) => {
      throw error instanceof Refused && error.kind === "unauthorized" ? new Wrong(error.problem) : error;
    });
  };
  return (
    <section class="narrow">
      <h1>{t.signIn.title}</h1>
      {reason && <p class="notice" role="status" tabIndex={-1} ref={notice}>{reason}</p>}
      <Form submit={t.signIn.submit} onSubmit={submit}>
        <EmailField label={t.signIn.email} autocomplete="username" />
        <Field label={t.signIn.password} name="password" type="password" autocomplete="current-password" required />
      </Form>
      <p>{t.signIn.newHere} <a href={to("register")}>{t.signIn.register}</a></p>
    </section>
  );
}

/** Credentials that are not right: not a session that has ended. */
class Wrong extends Refused {
  override get kind(): string {
    return "wrong-credentials";
  }
}

export function Register() {
  useTitle(t.register.title);
  const submit = async ({ name, email, password }: Record<string, string>) => {
    await answer(POST("/register", { body: { name: name!, email: email!, password: password!, account_type: "Patient" } }));
    await signIn(email!, password!);
  };
  return (
    <section class="narrow">
      <h1>{t.register.title}</h1>
      <Form submit={t.register.submit} onSubmit={submit}>
        <NameField label={t.register.name} name="name" autocomplete="name" required />
        <EmailField label={t.register.email} autocomplete="email" />
        <Field
          label={t.register.password} hint={t.register.passwordHint} name="password" type="password"
          autocomplete="new-password" minlength={8} maxlength={128} required
        />
      </Form>
      <p>{t.register.registered} <a href={to("sign-in")}>{t.register.signIn}</a></p>
    </section>
  );
}
