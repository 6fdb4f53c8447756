// The pages of the links in mails. A page sends nothing before the user presses its button, because mail scanners open
// links too. The token is only in the address, until the link has been used.
import { useState } from "preact/hooks";
import { dataOf, POST, ApiError } from "./api/client";
import { t } from "./language";
import { hrefTo, replaceRoute, type Route } from "./route";
import { LinkButton } from "./ui/button";
import { NewPasswordField } from "./ui/field";
import { Form, type Values } from "./ui/form";
import { Notice } from "./ui/notice";
import { useTitle } from "./ui/title";

type MailLink = {
  texts: { title: string; intro: string; submit: string; done: string };
  /** The label of the new password, if the link sets one. */
  password?: string;
  use: (token: string, password: string) => Promise<unknown>;
  /** Where the user gets another mail if the link cannot be used. */
  another: readonly [route: string, text: string, button: string];
};

const setPassword = (token: string, new_password: string) => dataOf(POST("/reset_password", { body: { token, new_password } }));
const ANOTHER_PASSWORD = ["forgot-password", t.mailLinks.another, t.mailLinks.askForAnother] as const;

const MAIL_LINKS: Record<string, MailLink> = {
  "verify-email": {
    texts: t.mailLinks.verifyEmail,
    use: (token) => dataOf(POST("/verify_email", { body: { token } })),
    another: ["account", t.mailLinks.anotherVerification, t.account.title],
  },
  "reset-password": {
    texts: t.mailLinks.resetPassword, password: t.account.newPassword, use: setPassword, another: ANOTHER_PASSWORD,
  },
  invitation: { texts: t.mailLinks.invitation, password: t.register.password, use: setPassword, another: ANOTHER_PASSWORD },
};

/** Returns whether the route is that of a link that works with and without a session. */
export const isMailLink = ({ path: [page] }: Route): boolean => Object.hasOwn(MAIL_LINKS, page!);

/** Replaces the token in the address after the link has been used. It is shorter than every token. */
const DONE = "done";

/** The page of a link: `#/verify-email/TOKEN`, `#/reset-password/TOKEN` or `#/invitation/TOKEN`. */
export function MailLinkPage({ path: [page, token = ""], isSignedIn, onUsed }: {
  path: readonly string[];
  isSignedIn: boolean;
  onUsed: () => void;
}) {
  const { texts, password, use, another } = MAIL_LINKS[page!]!;
  const [isExpired, setExpired] = useState(false);
  useTitle(texts.title);
  const submit = async ({ new_password = "" }: Values) => {
    try {
      await use(token, new_password);
      replaceRoute(page!, DONE);
      onUsed();
    } catch (error) {
      if (!(error instanceof ApiError && error.kind === "link-expired")) throw error;
      setExpired(true);
    }
  };
  return (
    <section class="page narrow">
      <h1>{texts.title}</h1>
      {token === DONE && <Done text={texts.done} isSignedIn={isSignedIn} />}
      {isExpired && <Expired another={another} />}
      {token !== DONE && !isExpired && (
        <div class="card">
          <Form submit={texts.submit} onSubmit={submit}>
            <p>{texts.intro}</p>
            {password && <NewPasswordField label={password} name="new_password" />}
          </Form>
        </div>
      )}
    </section>
  );
}

const Done = ({ text, isSignedIn }: { text: string; isSignedIn: boolean }) => (
  <>
    <Notice tone="good" role="status">{text}</Notice>
    {isSignedIn ? (
      <LinkButton kind="primary" href={hrefTo()}>{t.ui.home}</LinkButton>
    ) : (
      <LinkButton kind="primary" href={hrefTo("sign-in")}>{t.signIn.submit}</LinkButton>
    )}
  </>
);

const Expired = ({ another: [route, text, button] }: Pick<MailLink, "another">) => (
  <>
    <Notice tone="bad" role="alert" focused>{`${t.problems["link-expired"]} ${text}`}</Notice>
    <LinkButton kind="primary" href={hrefTo(route)}>{button}</LinkButton>
  </>
);
