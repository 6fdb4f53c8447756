import { useEffect, useRef } from "preact/hooks";
import { dataOf, GET, POST, ApiError, signIn, type Schemas } from "./api/client";
import { language, t } from "./language";
import { hrefTo } from "./route";
import type { SessionState } from "./session";
import { EmailField, Field, Form, NameField } from "./ui/form";
import { useTitle } from "./ui/title";

export type Account = Schemas["Account"];
export type OwnAccount = Schemas["OwnAccount"];
export const fetchOwnAccount = (): Promise<OwnAccount> => dataOf(GET("/me"));

/** The state without a session: how the previous one ended, if there was one. */
export type SignedOut = Extract<SessionState, { account?: never }>;

export function SignIn({ state: { reason, justEnded } }: { state: SignedOut }) {
  useTitle(t.signIn.title);
  const text = reason === undefined || reason === "signed-out" ? undefined : t.signIn[reason];
  const notice = useRef<HTMLParagraphElement>(null);
  // The page has changed without an action of the user, so the notice gets the focus and screen readers read it out.
  useEffect(() => {
    if (justEnded) notice.current?.focus();
  }, []);
  const submit = async ({ email, password }: Record<string, string>) => {
    await signIn(email!, password!).catch((error: unknown) => {
      throw error instanceof ApiError && error.kind === "unauthorized" ? new WrongCredentials(error.problem) : error;
    });
  };
  return (
    <section class="narrow">
      <h1>{t.signIn.title}</h1>
      {text && <p class="notice" role="status" tabIndex={-1} ref={notice}>{text}</p>}
      <Form submit={t.signIn.submit} onSubmit={submit}>
        <EmailField label={t.signIn.email} autocomplete="username" />
        <Field label={t.signIn.password} name="password" type="password" autocomplete="current-password" required />
      </Form>
      <p><a href={hrefTo("forgot-password")}>{t.signIn.forgot}</a></p>
      <p>{t.signIn.newHere} <a href={hrefTo("register")}>{t.signIn.register}</a></p>
    </section>
  );
}

/** Gives wrong credentials their own message. The API answers `unauthorized` for them and for an ended session. */
class WrongCredentials extends ApiError {
  override get kind(): string {
    return "wrong-credentials";
  }
}

/** An input for the password that an account gets. */
export const NewPasswordField = ({ label, name }: { label: string; name: string }) => (
  <Field
    label={label} hint={t.register.passwordHint} name={name} type="password" autocomplete="new-password"
    minlength={8} maxlength={128} required
  />
);

export function Register() {
  useTitle(t.register.title);
  const submit = async ({ name, email, password }: Record<string, string>) => {
    // The clinic's messages to the patient are in the language in which they registered.
    const body = { name: name!, email: email!, password: password!, account_type: "Patient" as const, language };
    await dataOf(POST("/register", { body }));
    await signIn(email!, password!);
  };
  return (
    <section class="narrow">
      <h1>{t.register.title}</h1>
      <Form submit={t.register.submit} onSubmit={submit}>
        <NameField label={t.register.name} name="name" autocomplete="name" required />
        <EmailField label={t.register.email} autocomplete="email" />
        <NewPasswordField label={t.register.password} name="password" />
      </Form>
      <p>{t.register.registered} <a href={hrefTo("sign-in")}>{t.register.signIn}</a></p>
    </section>
  );
}
