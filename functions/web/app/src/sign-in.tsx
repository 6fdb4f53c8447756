import { dataOf, POST, ApiError, signIn } from "./api/client";
import { language, t } from "./language";
import { hrefTo, hrefWith, type Route } from "./route";
import type { SessionState } from "./session";
import { BirthDateField, EmailField, Field, NameField, NewPasswordField } from "./ui/field";
import { Form, type Values } from "./ui/form";
import { Notice } from "./ui/notice";
import { useTitle } from "./ui/title";

/** The state without a session: how the previous one ended, if there was one. */
type SignedOut = Extract<SessionState, { account?: never }>;
type Props = { route: Route; state: SignedOut };

/**
 * Asks for an account, at the address of the page that needs one: after the sign-in, the user is on that page. The query
 * says which of the two forms is shown.
 */
export function SignInPages(props: Props) {
  const { path, query } = props.route;
  const isNew = path[0] === "register" || query["account"] === "register";
  return isNew ? <Register {...props} /> : <SignIn {...props} />;
}

const hrefOf = ({ path, query }: Route, account: "sign-in" | "register") => {
  const isPage = path[0] !== "sign-in" && path[0] !== "register";
  return isPage ? hrefWith(path, { ...query, account }) : hrefTo(account);
};

/** A notice for a user who has chosen a time and needs an account to book it. */
const BookingHint = ({ route }: { route: Route }) => (route.query["time"] ? <Notice>{t.signIn.toBook}</Notice> : null);

function SignIn({ route, state: { reason, justEnded } }: Props) {
  useTitle(t.signIn.title);
  const text = reason === undefined || reason === "signed-out" ? undefined : t.signIn[reason];
  const submit = async ({ email, password }: Values) => {
    await signIn(email!, password!).catch((error: unknown) => {
      throw error instanceof ApiError && error.kind === "unauthorized" ? new WrongCredentials(error.problem) : error;
    });
  };
  return (
    <section class="narrow page">
      <h1>{t.signIn.title}</h1>
      {/* The page has changed without an action of the user, so the notice gets the focus and screen readers read it out. */}
      {text && <Notice role="status" focused={justEnded}>{text}</Notice>}
      <BookingHint route={route} />
      <div class="card">
        <Form submit={t.signIn.submit} onSubmit={submit}>
          <EmailField label={t.signIn.email} autocomplete="username" />
          <Field label={t.signIn.password} name="password" type="password" autocomplete="current-password" required />
        </Form>
        <p><a href={hrefTo("forgot-password")}>{t.signIn.forgot}</a></p>
      </div>
      <p>{t.signIn.newHere} <a href={hrefOf(route, "register")}>{t.signIn.register}</a></p>
    </section>
  );
}

/** Gives wrong credentials their own message. The API answers `unauthorized` for them and for an ended session. */
class WrongCredentials extends ApiError {
  override get kind(): string {
    return "wrong-credentials";
  }
}

function Register({ route }: Props) {
  useTitle(t.register.title);
  const submit = async ({ name, email, password, birth_date }: Values) => {
    // The clinic's messages to the patient are in the language in which they registered.
    const body = { name: name!, email: email!, password: password!, account_type: "Patient" as const, language, ...(birth_date && { birth_date }) };
    await dataOf(POST("/register", { body }));
    await signIn(email!, password!);
  };
  return (
    <section class="narrow page">
      <h1>{t.register.title}</h1>
      <BookingHint route={route} />
      <div class="card">
        <Form submit={t.register.submit} onSubmit={submit}>
          <NameField label={t.register.name} name="name" autocomplete="name" required />
          <EmailField label={t.register.email} autocomplete="email" />
          <NewPasswordField label={t.register.password} name="password" />
          <BirthDateField autocomplete="bday" />
        </Form>
      </div>
      <p>{t.register.registered} <a href={hrefOf(route, "sign-in")}>{t.register.signIn}</a></p>
    </section>
  );
}
