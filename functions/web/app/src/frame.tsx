import type { ComponentChildren, ComponentType } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { fetchOwnAccount, useOwnAccount } from "./account";
import { base } from "./api/client";
import { useLoadedClinic } from "./clinic";
import { language, LANGUAGES, setLanguage, t, type Language } from "./language";
import { hrefTo, hrefWith, type Route } from "./route";
import * as session from "./session";
import { Avatar } from "./ui/avatar";
import { IconButton, LinkButton } from "./ui/button";
import { Select } from "./ui/field";
import { keepFocus } from "./ui/focus";
import { Icon } from "./ui/icon";
import { restoreScroll } from "./ui/scroll";
import { Skeleton } from "./ui/states";
import { clearToast, Toasts } from "./ui/toast";
import type { MenuLink, MenuSize } from "./views";

/** Whether the page is the first one of the document. A sign-in renders another frame, and is not the first page. */
let isFirst = true;

/** The frame of every page: the header with the menu, the content and the footer. */
export function Frame({ route, links, menu = "few", isSignedIn = false, hasSearch = false, Search, children }: {
  route: Route;
  /** Empty while the view is loading. */
  links: readonly MenuLink[];
  menu?: MenuSize;
  isSignedIn?: boolean;
  /** Whether the header has a search. Known before the view is loaded, so that the page does not move when it appears. */
  hasSearch?: boolean;
  Search?: ComponentType | undefined;
  children: ComponentChildren;
}) {
  const main = useRef<HTMLElement>(null);
  const clinic = useLoadedClinic();
  // Moves the focus to the content of a new page, and after a sign-in, as a browser does for a new document. Before the new
  // content is painted, because the browser then notes another scroll position.
  useLayoutEffect(() => {
    clearToast();
    // A user who changes the day or week can continue to do so: the focus stays on the date picker.
    if (document.activeElement?.closest(".date-picker")) return;
    if (!isFirst) main.current?.focus({ preventScroll: true });
    isFirst = false;
    restoreScroll();
  }, [route.path.join("/"), route.query["account"], isSignedIn]);
  useEffect(() => keepFocus(main.current!), []);
  const skip = (event: Event) => {
    event.preventDefault();
    main.current?.focus();
  };
  return (
    <>
      <a class="skip" href="#" onClick={skip}>{t.app.skip}</a>
      <header class="top">
        <div>
          <a class="brand" href={hrefTo()} onClick={session.forgetReason}>
            <Icon name="brand" />
            {clinic ? <bdi>{clinic.name}</bdi> : <><span class="hidden">{t.ui.home}</span><Skeleton width="8rem" /></>}
          </a>
          {hasSearch && <div class="search-room">{Search && <Search />}</div>}
          {isSignedIn && <Menu route={route} links={links} size={menu} />}
          {isSignedIn ? <Who route={route} /> : <SignInLinks route={route} />}
        </div>
      </header>
      <main ref={main} tabIndex={-1}>{children}</main>
      <Footer />
      <Toasts />
    </>
  );
}

function Menu({ route, links, size }: { route: Route; links: readonly MenuLink[]; size: MenuSize }) {
  const nav = useRef<HTMLElement>(null);
  const address = hrefTo(...route.path);
  // On a narrow screen, a long menu scrolls.
  useEffect(() => nav.current?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }), [address, links]);
  const current = (path: readonly string[]) => {
    if (hrefTo(...path) === address) return "page";
    // A page below the link's page, such as one of its appointments.
    return path[0] && path[0] === route.path[0] ? "true" : undefined;
  };
  return (
    <nav ref={nav} class={`menu ${size}`} aria-label={t.app.menu}>
      {links.map(({ path, text, icon }) => (
        <a key={text} href={hrefTo(...path)} aria-current={current(path)}><Icon name={icon} />{text}</a>
      ))}
    </nav>
  );
}

/** The account of the session. */
function Who({ route }: { route: Route }) {
  const account = useOwnAccount();
  useEffect(() => {
    // The pages that need the account report errors.
    fetchOwnAccount().catch(() => {});
  }, []);
  return (
    <div class="who">
      <a href={hrefTo("account")} aria-current={route.path[0] === "account" ? "page" : undefined}>
        <span class="hidden">{t.app.signedInAs}</span>
        <Avatar name={account?.name ?? ""} size="small" /> {account && <bdi>{account.name}</bdi>}
      </a>
      <IconButton icon="out" label={t.app.signOut} onClick={session.signOut} />
    </div>
  );
}

/** After the sign-in, the user is on the same page. */
const SignInLinks = ({ route: { path, query } }: { route: Route }) => (
  <div class="who">
    <LinkButton kind="quiet" href={hrefWith(path, { ...query, account: "sign-in" })}>{t.signIn.submit}</LinkButton>
  </div>
);

function Footer() {
  const clinic = useLoadedClinic();
  return (
    <footer class="foot">
      <div>
        {clinic && <p><bdi>{clinic.name}</bdi>{clinic.address && <> · <bdi>{clinic.address.replace(/\s*\n\s*/g, ", ")}</bdi></>}</p>}
        <p>{t.app.footer} <a href={`${base}/docs`}>{t.app.reference}</a></p>
        <Select
          label={t.app.language} value={language} onChoose={(language) => setLanguage(language as Language)}
          options={Object.entries(LANGUAGES)}
        />
      </div>
    </footer>
  );
}
