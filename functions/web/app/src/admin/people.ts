import { all, GET } from "../api/client";
import { t } from "../language";
import type { Account } from "../sign-in";

type Kind = Account["account_type"];
export const KINDS = Object.entries(t.admin.accounts.kinds) as [Kind, string][];

const accounts = (account_type: Kind) =>
  all((after) => GET("/accounts", { params: { query: { account_type, limit: 100, after } } }));

/** Every doctor, also those who are no longer active. */
export const doctors = (): Promise<Account[]> => accounts("Doctor");

/** Who works at the clinic, by name. Patients are too many to ask for: they go by their number. */
export async function staff(): Promise<Map<number, string>> {
  const found = await Promise.all([accounts("Doctor"), accounts("Admin")]);
  return new Map(found.flat().map(({ id, name }) => [id, name]));
}

export const called = (id: number, names: Map<number, string>): string => names.get(id) ?? t.admin.number(String(id));
