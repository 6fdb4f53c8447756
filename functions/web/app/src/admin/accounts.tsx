import { useState } from "preact/hooks";
import { GET } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import type { Account } from "../sign-in";
import { Select, Field } from "../ui/form";
import { useTitle } from "../ui/title";
import { isErased, ManageAccount } from "./manage-account";
import { NewAccount } from "./new-account";
import { Table, usePages } from "./paged-table";
import { ACCOUNT_TYPES, type AccountType } from "./accounts-data";
import { SuccessMessage } from "./success-message";

/** All accounts, also those that are deactivated or erased. */
export function AccountsPage({ self }: { self: number }) {
  const texts = t.admin.accounts;
  const [q, setQ] = useState("");
  const [accountType, setAccountType] = useState("");
  const [status, setStatus] = useState("");
  const [message, setMessage] = useState("");
  const [dialog, setDialog] = useState<Account | "new">();
  const query = {
    q: q || undefined,
    account_type: (accountType as AccountType) || undefined,
    active: status ? status === "active" : undefined,
  };
  const accounts = usePages((after) => GET("/accounts", { params: { query: { ...query, after } } }), [query]);
  const changed = (text: string) => {
    setMessage(text);
    accounts.reload();
  };
  const close = () => setDialog(undefined);
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <SuccessMessage text={message} />
      <div class="row">
        <Field label={texts.search} hint={t.ui.searchHint} type="search" value={q} onInput={(event) => setQ(event.currentTarget.value)} />
        <Select
          label={texts.accountType} value={accountType} onChoose={setAccountType}
          options={[["", t.admin.any], ...ACCOUNT_TYPES]}
        />
        <Select
          label={texts.status} value={status} onChoose={setStatus}
          options={[["", t.admin.any], ["active", texts.active], ["inactive", texts.inactive]]}
        />
        <button type="button" class="primary" onClick={() => setDialog("new")}>{texts.create}</button>
      </div>
      <Table
        list={accounts} caption={texts.caption} empty={texts.none}
        columns={[texts.id, texts.name, texts.email, texts.accountType, texts.status, texts.actions]}
      >
        {(account) => <Row key={account.id} account={account} self={self} onManage={() => setDialog(account)} />}
      </Table>
      {dialog === "new" && <NewAccount onClose={close} onDone={changed} />}
      {dialog && dialog !== "new" && <ManageAccount account={dialog} onClose={close} onDone={changed} />}
    </>
  );
}

/** Admins change their own account on its own page, and cannot deactivate it here. */
function Row({ account, self, onManage }: { account: Account; self: number; onManage: () => void }) {
  const texts = t.admin.accounts;
  const { id, name, email, account_type, active } = account;
  const erased = isErased(account);
  return (
    <tr>
      <td>{id}</td>
      <th scope="row"><bdi>{name}</bdi>{id === self && <> <small>({texts.self})</small></>}</th>
      <td><bdi>{erased ? "–" : email}</bdi></td>
      <td>{texts.accountTypes[account_type]}</td>
      <td>{erased ? texts.erased : active ? texts.active : texts.inactive}</td>
      <td>
        {id === self && <a href={hrefTo("account")}>{texts.ownPage}</a>}
        {id !== self && (
          <button type="button" aria-label={texts.manageOf(name)} onClick={onManage}>{texts.manage}</button>
        )}
      </td>
    </tr>
  );
}
