import { allPages, GET } from "../api/client";
import { t } from "../language";
import type { Account } from "../sign-in";

export type AccountType = Account["account_type"];
export const ACCOUNT_TYPES = Object.entries(t.admin.accounts.accountTypes) as [AccountType, string][];

const fetchAccounts = (account_type: AccountType) =>
  allPages((after) => GET("/accounts", { params: { query: { account_type, limit: 100, after } } }));

/** Loads all doctors, also those who are not active. */
export const fetchDoctors = (): Promise<Account[]> => fetchAccounts("Doctor");

/** Loads the names of doctors and admins, by id. There are too many patients to load: the pages show their numbers. */
export async function fetchStaffNames(): Promise<Map<number, string>> {
  const accounts = await Promise.all([fetchAccounts("Doctor"), fetchAccounts("Admin")]);
  return new Map(accounts.flat().map(({ id, name }) => [id, name]));
}

/** Returns the name of an account, or its number (the id) if the name is not known. */
export const nameOrNumber = (id: number, names: Map<number, string>): string => names.get(id) ?? t.admin.number(String(id));
