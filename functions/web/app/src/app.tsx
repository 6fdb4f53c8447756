import { useEffect, useState } from "preact/hooks";
import { fetchOwnAccount, setOwnAccount } from "./account";
import { fetchClinic } from "./clinic";
import { ForgotPassword } from "./forgot-password";
import { Frame } from "./frame";
import { isMailLink, MailLinkPage } from "./mail-links";
import { changeQuery, goTo, hrefTo, useRoute, type Route } from "./route";
import { SessionEndDialog } from "./session-end-dialog";
import * as session from "./session";
import { SignInPages } from "./sign-in";
import { lazy, SkeletonCards, WhenLoaded } from "./ui/states";
import { useLoad } from "./ui/load";
import { isPublic, loadFront, menuSize, VIEWS, type MenuLink } from "./views";

const AccountPage = lazy(() => import("./account-page").then((module) => module.AccountPage));
const LinkPage = lazy(() => import("./patient/link").then((module) => module.LinkPage));
const Front = lazy(loadFront);

export function App() {
  const route = useRoute();
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
  useEffect(() => {
    if (state.account === undefined) return;
    if (["sign-in", "register"].includes(route.path[0]!)) goTo();
    else if (route.query["account"]) changeQuery({ account: "" });
  }, [state.account, route]);
  if (state.account === undefined) {
    return <Frame route={route} links={[]}><SignedOut route={route} state={state} /></Frame>;
  }
  return (
    <>
      <SignedIn key={state.account} route={route} account={Number(state.account)} type={state.accountType} />
      {state.endsSoon && <SessionEndDialog key={String(state.isLast)} isLast={state.isLast} />}
    </>
  );
}

function SignedOut({ route, state }: { route: Route; state: Extract<session.SessionState, { account?: never }> }) {
  const [ended] = useState(route);
  // A user who goes to another page after the end of a session can use it without an account.
  useEffect(() => {
    if (route !== ended) session.forgetReason();
  }, [route]);
  if (isOpen(route) && !route.query["account"]) return <OpenPage route={route} isSignedIn={false} />;
  // Another tab may have a session. Its answer takes a moment.
  if (state.isAsking && !isPublic(route)) return <SkeletonCards />;
  const hasEnded = state.reason !== undefined && state.reason !== "signed-out";
  if (!isPublic(route) || route.query["account"] || hasEnded) return <SignInPages route={route} state={state} />;
  return <WithClinic>{() => <Front route={route} />}</WithClinic>;
}

/** Shows pages when the clinic's data are loaded, because all need its time zone. */
function WithClinic({ children }: { children: () => preact.ComponentChildren }) {
  const clinic = useLoad(fetchClinic, []);
  return <WhenLoaded state={clinic} skeleton={<SkeletonCards />}>{children}</WhenLoaded>;
}

/** Returns whether the page of the route is the same with and without a session. */
const isOpen = (route: Route) => ["forgot-password", "links"].includes(route.path[0]!) || isMailLink(route);

function OpenPage({ route, isSignedIn }: { route: Route; isSignedIn: boolean }) {
  const [page, token = ""] = route.path;
  if (page === "forgot-password") return <ForgotPassword />;
  // Keyed by the address, so that another link starts anew.
  const key = hrefTo(...route.path);
  if (page === "links") return <LinkPage key={key} token={token} isSignedIn={isSignedIn} />;
  // The link may have changed the account, or ended the session.
  return <MailLinkPage key={key} path={route.path} isSignedIn={isSignedIn} onUsed={reloadAccount} />;
}

const NO_LINKS: readonly MenuLink[] = [];

/** Loads the account again after the link of a mail has changed it. */
function reloadAccount(): void {
  setOwnAccount(undefined);
  if (session.currentState().account === undefined) return;
  // The pages that need the account report errors.
  fetchOwnAccount().catch(() => {});
}

function SignedIn({ route, account, type }: { route: Route; account: number; type: session.AccountType }) {
  const view = useLoad(VIEWS[type], [type]);
  return (
    <Frame
      route={route} links={view.data?.links ?? NO_LINKS} menu={menuSize(type)} isSignedIn
      hasSearch={session.isDesk(type)} Search={view.data?.Search}
    >
      {isOpen(route) ? (
        <OpenPage route={route} isSignedIn />
      ) : (
        <WithClinic>
          {() => route.path[0] === "account" ? (
            <AccountPage />
          ) : (
            <WhenLoaded state={view} skeleton={<SkeletonCards />}>{({ Pages }) => <Pages route={route} account={account} />}</WhenLoaded>
          )}
        </WithClinic>
      )}
    </Frame>
  );
}
