import type { Account } from "../account";
import { s } from "../language/staff";
import { Badge } from "../ui/badge";
import { isErased } from "./accounts-data";

export function AccountStatus({ account }: { account: Account }) {
  const texts = s.admin.accounts;
  if (isErased(account)) return <Badge tone="neutral">{texts.erased}</Badge>;
  return account.active ? <Badge tone="good">{texts.active}</Badge> : <Badge tone="warn">{texts.inactive}</Badge>;
}
