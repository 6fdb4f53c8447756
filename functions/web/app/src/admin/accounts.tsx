import { useState } from "preact/hooks";
import type { Account } from "../account";
import { s } from "../language/staff";
import { t } from "../language";
import { changeQuery, hrefTo, type Query } from "../route";
import { Avatar } from "../ui/avatar";
import { Button, LinkButton, Segments } from "../ui/button";
import { Select } from "../ui/field";
import { PagedList, usePages } from "../ui/list";
import { Empty } from "../ui/states";
import { Table } from "../ui/table";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { AccountStatus } from "./account-status";
import { accountFilters, ACCOUNT_STATUSES, ACCOUNT_TYPES, fetchAccounts, isErased } from "./accounts-data";
import { ManageAccount } from "./manage-account";
import { NewAccount } from "./new-account";
import { SearchFilter } from "./search-filter";

/** All accounts, also those that are deactivated or erased. */
export function AccountsPage({ query, self }: { query: Query; self: number }) {
  const texts = s.admin.accounts;
  const [dialog, setDialog] = useState<Account | "new">();
  const filters = accountFilters(query);
  const accounts = usePages((after) => fetchAccounts(filters, after), [filters]);
  const changed = (text: string) => {
    toast(text);
    accounts.reload();
  };
  const close = () => setDialog(undefined);
  useTitle(texts.title);
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <Button kind="primary" icon="plus" onClick={() => setDialog("new")}>{texts.create}</Button>
      </div>
      <Filters query={query} />
      <PagedList list={accounts} summary={texts.count} empty={<Empty icon="users">{texts.none}</Empty>}>
        {(items) => (
          <Table
            caption={texts.caption} rows={items} keyOf={({ id }) => id}
            columns={[
              { title: texts.name, isHeader: true, cell: (account) => <Name account={account} isSelf={account.id === self} /> },
              { title: texts.email, cell: (account) => (isErased(account) ? null : <bdi>{account.email}</bdi>) },
              { title: texts.accountType, cell: ({ account_type }) => texts.accountTypes[account_type] },
              { title: texts.status, cell: (account) => <AccountStatus account={account} /> },
              { title: texts.actions, cell: (account) => <Manage account={account} isSelf={account.id === self} onManage={setDialog} /> },
            ]}
          />
        )}
      </PagedList>
      {dialog === "new" && <NewAccount onClose={close} onDone={changed} />}
      {dialog && dialog !== "new" && <ManageAccount account={dialog} onClose={close} onDone={changed} />}
    </div>
  );
}

function Filters({ query }: { query: Query }) {
  const texts = s.admin.accounts;
  const types = ACCOUNT_TYPES.map((type) => [type, texts.accountTypesAll[type]] as const);
  return (
    <div class="stack">
      <Segments
        label={texts.accountType} value={query["type"] ?? ""} onChoose={(type) => changeQuery({ type })}
        options={[["", s.admin.any], ...types]}
      />
      <div class="form row">
        <SearchFilter label={texts.search} words={query["q"] ?? ""} />
        <Select
          label={texts.status} value={query["status"] ?? ""} onChoose={(status) => changeQuery({ status })}
          options={[["", s.admin.any], ...ACCOUNT_STATUSES.map((status) => [status, texts[status]] as const)]}
        />
      </div>
    </div>
  );
}

/** The page of a doctor has the working hours and the profile. */
function Name({ account, isSelf }: { account: Account; isSelf: boolean }) {
  const texts = s.admin.accounts;
  const { id, name, account_type } = account;
  if (isErased(account)) return <span class="faint">{texts.erasedName}</span>;
  return (
    <span class="row">
      <Avatar name={name} size="small" />
      <span class="grow">
        {account_type === "Doctor" ? <a href={hrefTo("doctors", id)}><bdi>{name}</bdi></a> : <bdi>{name}</bdi>}
        {isSelf && <> <small>({texts.self})</small></>}
      </span>
    </span>
  );
}

type ManageProps = { account: Account; isSelf: boolean; onManage: (account: Account) => void };

/** Admins change their own account on its own page, and cannot deactivate it here. */
function Manage({ account, isSelf, onManage }: ManageProps) {
  const texts = s.admin.accounts;
  if (isSelf) return <LinkButton small href={hrefTo("account")}>{t.account.title}</LinkButton>;
  const name = isErased(account) ? texts.erasedName : account.name;
  return <Button small aria-label={texts.manageOf(name)} onClick={() => onManage(account)}>{texts.manage}</Button>;
}
