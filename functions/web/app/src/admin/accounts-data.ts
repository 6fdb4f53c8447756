import type { Account } from "../account";
import { dataOf, GET, type Schemas } from "../api/client";
import type { Person } from "../ui/person-picker";

export type AccountType = Schemas["AccountType"];
export const ACCOUNT_TYPES: readonly AccountType[] = ["Doctor", "Patient", "Receptionist", "Admin"];
const isAccountType = (text: string | undefined): text is AccountType => ACCOUNT_TYPES.some((type) => type === text);
export const ACCOUNT_STATUSES = ["active", "inactive"] as const;

/** The filters of the accounts in a route's query. Ignores values that no filter has. */
export function accountFilters({ q, type, status }: Readonly<Record<string, string>>) {
  return {
    ...(q && { q }),
    ...(isAccountType(type) && { account_type: type }),
    ...(ACCOUNT_STATUSES.some((known) => known === status) && { active: status === "active" }),
  };
}

export const fetchAccounts = (query: ReturnType<typeof accountFilters>, after?: string) =>
  GET("/accounts", { params: { query: { ...query, after } } });

/** Returns whether an account is erased. An erasure replaces the email with this text, which is not an email address. */
export const isErased = ({ id, email }: Account): boolean => email === `erased-${id}`;

/** How many people a search for names offers. */
const OFFERED = 8;
/** The names of accounts that this page has seen, for filters in the query, which have only the id. */
const names = new Map<number, string>();

/** Searches for accounts by name or email address, optionally of one type. */
export async function searchAccounts(q: string, account_type?: AccountType): Promise<Person[]> {
  const accounts = await dataOf(GET("/accounts", { params: { query: { q, account_type, limit: OFFERED } } }));
  return accounts.map(({ id, name, email }) => {
    rememberName(id, name);
    return { id, name, about: email };
  });
}

export const rememberName = (id: number | null, name: string | null): void => void (id !== null && name && names.set(id, name));
export const nameOf = (id: number): string | undefined => names.get(id);
