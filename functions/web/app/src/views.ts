// The pages of each account type. Each loads only its own code.
import type { ComponentType } from "preact";
import type { Route } from "./route";
import type { AccountType } from "./session";
import type { IconName } from "./ui/icon";

export type PageProps = { route: Route; /** The id of the session's account. */ account: number };
export type MenuLink = { path: readonly string[]; text: string; icon: IconName };
/** A phone has room for few links at the bottom of the screen. Many links have a row of their own. */
export type MenuSize = "few" | "many";
/** Known before the view is loaded, so that the page does not move when the links appear. */
export const menuSize = (type: AccountType): MenuSize => (type === "Admin" ? "many" : "few");
/** What an account type sees: the links of its menu, and its pages by route. */
export type View = {
  links: readonly MenuLink[];
  Pages: ComponentType<PageProps>;
  /** The search in the header. Those whom `session.isDesk` names have one. */
  Search?: ComponentType;
};

export const VIEWS: Record<AccountType, () => Promise<View>> = {
  Patient: () => import("./patient").then((module) => module.view),
  Doctor: () => import("./doctor").then((module) => module.view),
  Receptionist: () => import("./desk").then((module) => module.view),
  Admin: () => import("./admin").then((module) => module.view),
};

/** The pages that need no account: the start page with the doctors, and the page of a doctor. */
export const loadFront = () => import("./front").then((module) => module.Front);
export const isPublic = ({ path: [page] }: Route): boolean => page === "" || page === "doctors";
