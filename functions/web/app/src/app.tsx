import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { dataOf, base, GET } from "./api/client";
import { SessionEndDialog } from "./session-end-dialog";
import { language, languages, setLanguage, t, type Language } from "./language";
import { ForgotPassword } from "./forgot-password";
import { isMailLink, MailLinkPage } from "./mail-links";
import { goTo, hrefTo, useRoute } from "./route";
import * as session from "./session";
import { fetchOwnAccount, Register, SignIn, type OwnAccount, type SignedOut } from "./sign-in";
import { setClinicZone } from "./time";
import { Select } from "./ui/form";
import { lazy, WhenLoaded, useLoad } from "./ui/load";
import { useTitle } from "./ui/title";

/** What an account type sees: the links of its menu, and its pages by route. */
export type View = { links: (account: OwnAccount) => readonly (readonly [address: string, text: string])[]; Pages: ComponentType<PageProps> };
export type PageProps = { account: OwnAccount; route: string[] };

// Each account type loads only its own view.
const VIEWS: Record<OwnAccount["account_type"], () => Promise<View>> = {
  Patient: () => import("./patient").then((module) => module.view),
  Doctor: () => import("./doctor").then((module) => module.view),
  Admin: () => import("./admin").then((module) => module.view),
};

const AccountPage = lazy(() => import("./account").then((module) => module.AccountPage));
const LinkPage = lazy(() => import("./patient").then((module) => module.LinkPage));

export function App() {
  const [state, setState] = useState(session.currentState);
  useEffect(() => {
    const changed = (state: session.SessionState) => {
      setState(state);
      // The next user who signs in starts at the start page.
      if (state.account === undefined && state.reason === "signed-out") goTo();
    };
    changed(session.currentState());
    return session.onChange(changed);
  }, []);
  if (state.account === undefined) return <SignedOutApp state={state} />;
  return (
    <>
      <SignedInApp />
      {state.endsSoon && <SessionEndDialog isLast={state.isLast} />}
    </>
  );
}

function SignedOutApp({ state }: { state: SignedOut }) {
  const route = useRoute();
  return <Frame links={[]} route={route}><SignedOutPage route={route} state={state} /></Frame>;
}

function SignedOutPage({ route, state }: { route: string[]; state: SignedOut }) {
  if (isOpen(route)) return <OpenPage route={route} isSignedIn={false} />;
  return route[0] === "register" ? <Register /> : <SignIn state={state} />;
}

/** Returns whether the page of the route is the same with and without a session. */
const isOpen = (route: string[]) => ["forgot-password", "links"].includes(route[0]!) || isMailLink(route);

function OpenPage({ route, isSignedIn, onUsed }: { route: string[]; isSignedIn: boolean; onUsed?: () => void }) {
  if (route[0] === "forgot-password") return <ForgotPassword />;
  // Keyed by the address, so that another link starts anew.
  const key = hrefTo(...route);
  if (route[0] === "links") return <div class="patient"><LinkPage key={key} token={route[1] ?? ""} isSignedIn={isSignedIn} /></div>;
  return <MailLinkPage key={key} route={route} isSignedIn={isSignedIn} onUsed={onUsed} />;
}

/** Loads the clinic, the user's account and the view of its type. */
async function fetchStart(): Promise<{ account: OwnAccount; view: View; clinic: string }> {
  const [clinic, account] = await Promise.all([dataOf(GET("/clinic")), fetchOwnAccount()]);
  setClinicZone(clinic.time_zone);
  return { account, clinic: clinic.name, view: await VIEWS[account.account_type]() };
}

function SignedInApp() {
  const route = useRoute();
  const start = useLoad(fetchStart, []);
  const [changed, setChanged] = useState<OwnAccount>();
  useEffect(() => {
    if (["sign-in", "register"].includes(route[0]!)) goTo();
  }, [route]);
  const account = changed ?? start.data?.account;
  // A link has changed the account, or has ended the session.
  const reload = () => {
    setChanged(undefined);
    start.reload();
  };
  const links = account ? (start.data?.view.links(account) ?? []) : [];
  const isAccountPage = route[0] === "account";
  return (
    <Frame links={links} route={route} account={account} clinic={start.data?.clinic}>
      {isOpen(route) ? (
        <OpenPage route={route} isSignedIn onUsed={reload} />
      ) : (
        <WhenLoaded state={start}>
          {({ view: { Pages } }) => (
            // The class limits a view's style sheet to its pages, because the sheet stays loaded after the user signs out.
            <div class={account!.account_type.toLowerCase()}>
              {isAccountPage && <AccountPage account={account!} onChange={setChanged} />}
              {!isAccountPage && <Pages account={account!} route={route} />}
            </div>
          )}
        </WhenLoaded>
      )}
    </Frame>
  );
}

type FrameProps = {
  links: readonly (readonly [address: string, text: string])[];
  route: string[];
  account?: OwnAccount | undefined;
  clinic?: string | undefined;
  children: ComponentChildren;
};

function Frame({ links, route, account, clinic, children }: FrameProps) {
  const main = useRef<HTMLElement>(null);
  const address = hrefTo(...route);
  const isFirst = useRef(true);
  // Moves the focus to the content of a new page, as a browser does, so that screen readers continue there.
  useEffect(() => {
    // A user who changes the day or week can continue to do so: the focus stays on the date picker.
    if (document.activeElement?.closest(".days")) return;
    if (!isFirst.current) main.current?.focus();
    isFirst.current = false;
    scrollTo(0, 0);
  }, [address]);
  const skip = (event: Event) => {
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <>
      <a class="skip" href="#" onClick={skip}>{t.app.skip}</a>
      <header class="top">
        <a class="brand" href={hrefTo()}>{clinic ?? "Rounds"}</a>
        {account && (
          <nav aria-label={t.app.menu}>
            {links.map(([link, text]) => (
              <a key={link} href={link} aria-current={link === address ? "page" : undefined}>{text}</a>
            ))}
          </nav>
        )}
        {account && (
          <div class="who">
            <a href={hrefTo("account")} aria-current={route[0] === "account" ? "page" : undefined}>
              <span class="hidden">{t.app.signedInAs("")}</span> <bdi>{account.name}</bdi>
            </a>
            <button type="button" onClick={session.signOut}>{t.app.signOut}</button>
          </div>
        )}
      </header>
      <main ref={main} tabIndex={-1}>{children}</main>
      <footer>
        <p>{t.app.footer} <a href={`${base}/docs`}>{t.app.reference}</a>.</p>
        <Select
          label={t.app.language} value={language} onChoose={(language) => setLanguage(language as Language)}
          options={languages.map(({ id, name }) => [id, name] as const)}
        />
      </footer>
    </>
  );
}

/** The page for an unknown route. */
export function NotFound() {
  useTitle(t.ui.notFound);
  return (
    <>
      <h1>{t.ui.notFound}</h1>
      <p><a href={hrefTo()}>{t.ui.home}</a></p>
    </>
  );
}
