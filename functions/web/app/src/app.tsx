import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AccountPage } from "./account";
import { answer, base, GET } from "./api/client";
import { Ending } from "./ending";
import { language, languages, speak, t, type Language } from "./language";
import { go, to, useRoute } from "./route";
import * as session from "./session";
import { me, Register, SignIn, type Account, type Ended } from "./sign-in";
import { setClinicZone } from "./time";
import { Choice } from "./ui/form";
import { Show, useLoad } from "./ui/load";
import { useTitle } from "./ui/title";

/** What each kind of account sees: its links, and its pages by the address. */
export type View = { links: (account: Account) => readonly (readonly [address: string, text: string])[]; Pages: ComponentType<PageProps> };
export type PageProps = { account: Account; route: string[] };

// Nobody loads what others see.
const VIEWS: Record<Account["account_type"], () => Promise<View>> = {
  Patient: () => import("./patient").then((module) => module.view),
  Doctor: () => import("./doctor").then((module) => module.view),
  Admin: () => import("./admin").then((module) => module.view),
};

export function App() {
  const [state, setState] = useState(session.current);
  useEffect(() => {
    const changed = (state: session.State) => {
      setState(state);
      // Whoever signs in next begins at their own start page.
      if (state.account === undefined && state.why === "signed-out") go();
    };
    changed(session.current());
    return session.onChange(changed);
  }, []);
  if (state.account === undefined) return <Outside ended={state} />;
  return (
    <>
      <Inside />
      {state.ending && <Ending last={state.last} />}
    </>
  );
}

function Outside({ ended }: { ended: Ended }) {
  const route = useRoute();
  return <Frame links={[]} route={route}>{route[0] === "register" ? <Register /> : <SignIn ended={ended} />}</Frame>;
}

/** The clinic's zone, who the reader is, and what they see. */
async function enter(): Promise<{ account: Account; view: View; clinic: string }> {
  const [clinic, account] = await Promise.all([answer(GET("/clinic")), me()]);
  setClinicZone(clinic.time_zone);
  return { account, clinic: clinic.name, view: await VIEWS[account.account_type]() };
}

function Inside() {
  const route = useRoute();
  const entered = useLoad(enter, []);
  const [changed, setChanged] = useState<Account>();
  useEffect(() => {
    if (["sign-in", "register"].includes(route[0]!)) go();
  }, [route]);
  const account = changed ?? entered.data?.account;
  const links = account ? (entered.data?.view.links(account) ?? []) : [];
  const isOwn = route[0] === "account";
  return (
    <Frame links={links} route={route} account={account} clinic={entered.data?.clinic}>
      <Show of={entered}>
        {({ view: { Pages } }) => (
          // By its class, as a view's style sheet stays when another kind of account signs in.
          <div class={account!.account_type.toLowerCase()}>
            {isOwn ? <AccountPage account={account!} onChange={setChanged} /> : <Pages account={account!} route={route} />}
          </div>
        )}
      </Show>
    </Frame>
  );
}

type FrameProps = {
  links: readonly (readonly [address: string, text: string])[];
  route: string[];
  account?: Account | undefined;
  clinic?: string | undefined;
  children: ComponentChildren;
};

function Frame({ links, route, account, clinic, children }: FrameProps) {
  const main = useRef<HTMLElement>(null);
  const address = to(...route);
  const first = useRef(true);
  // As a browser does on a new page: a screen reader goes on where the content starts.
  useEffect(() => {
    // Whoever goes through days goes on from where they are.
    if (document.activeElement?.closest(".days")) return;
    if (!first.current) main.current?.focus();
    first.current = false;
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
        <a class="brand" href={to()}>{clinic ?? "Rounds"}</a>
        {account && (
          <nav aria-label={t.app.menu}>
            {links.map(([link, text]) => (
              <a key={link} href={link} aria-current={link === address ? "page" : undefined}>{text}</a>
            ))}
          </nav>
        )}
        {account && (
          <div class="who">
            <a href={to("account")} aria-current={route[0] === "account" ? "page" : undefined}>
              <span class="hidden">{t.app.signedInAs("")}</span> <bdi>{account.name}</bdi>
            </a>
            <button type="button" onClick={session.signOut}>{t.app.signOut}</button>
          </div>
        )}
      </header>
      <main ref={main} tabIndex={-1}>{children}</main>
      <footer>
        <p>{t.app.footer} <a href={`${base}/docs`}>{t.app.reference}</a>.</p>
        <Choice
          label={t.app.language} value={language} onChoose={(language) => speak(language as Language)}
          options={languages.map(({ id, name }) => [id, name] as const)}
        />
      </footer>
    </>
  );
}

/** For an address that is none of a view's. */
export function NotFound() {
  useTitle(t.ui.notFound);
  return (
    <>
      <h1>{t.ui.notFound}</h1>
      <p><a href={to()}>{t.ui.home}</a></p>
    </>
  );
}
