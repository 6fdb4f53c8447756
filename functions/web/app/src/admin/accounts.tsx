import { useState } from "preact/hooks";
import { GET } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import type { Account } from "../sign-in";
import { Choice, Field } from "../ui/form";
import { useTitle } from "../ui/title";
import { isErased, ManageAccount } from "./manage-account";
import { NewAccount } from "./new-account";
import { Table, usePages } from "./pages";
import { KINDS } from "./people";
import { Said } from "./when";

/** Everybody who can sign in, or could. */
export function AccountsPage({ self }: { self: number }) {
  const texts = t.admin.accounts;
  const [q, setQ] = useState("");
  const [kind, setKind] = useState("");
  const [state, setState] = useState("");
  const [said, say] = useState("");
  const [dialog, setDialog] = useState<Account | "new">();
  const query = {
    q: q || undefined,
    account_type: (kind as Account["account_type"]) || undefined,
    active: state ? state === "active" : undefined,
  };
  const accounts = usePages((after) => GET("/accounts", { params: { query: { ...query, after } } }), [query]);
  const changed = (text: string) => {
    say(text);
    accounts.reload();
  };
  const close = () => setDialog(undefined);
  useTitle(texts.title);
  return (
    <>
      <h1>{texts.title}</h1>
      <Said text={said} />
      <div class="row">
        <Field label={texts.search} hint={t.ui.searchHint} type="search" value={q} onInput={(event) => setQ(event.currentTarget.value)} />
        <Choice label={texts.kind} value={kind} onChoose={setKind} options={[["", t.admin.any], ...KINDS]} />
        <Choice
          label={texts.state} value={state} onChoose={setState}
          options={[["", t.admin.any], ["active", texts.active], ["inactive", texts.inactive]]}
        />
        <button type="button" class="primary" onClick={() => setDialog("new")}>{texts.create}</button>
      </div>
      <Table
        of={accounts} caption={texts.caption} empty={texts.none}
        columns={[texts.id, texts.name, texts.email, texts.kind, texts.state, texts.actions]}
      >
        {(account) => <Row key={account.id} account={account} self={self} onManage={() => setDialog(account)} />}
      </Table>
      {dialog === "new" && <NewAccount onClose={close} onDone={changed} />}
      {dialog && dialog !== "new" && <ManageAccount account={dialog} onClose={close} onDone={changed} />}
    </>
  );
}

/** One's own account is changed on its own page, and not deactivated by oneself. */
function Row({ account, self, onManage }: { account: Account; self: number; onManage: () => void }) {
  const texts = t.admin.accounts;
  const { id, name, email, account_type, active } = account;
  const erased = isErased(account);
  return (
    <tr>
      <td>{id}</td>
      <th scope="row"><bdi>{name}</bdi>{id === self && <> <small>({texts.self})</small></>}</th>
      <td><bdi>{erased ? "–" : email}</bdi></td>
      <td>{texts.kinds[account_type]}</td>
      <td>{erased ? texts.erased : active ? texts.active : texts.inactive}</td>
      <td>
        {id === self && <a href={to("account")}>{texts.ownPage}</a>}
        {id !== self && (
          <button type="button" aria-label={texts.manageWhom(name)} onClick={onManage}>{texts.manage}</button>
        )}
      </td>
    </tr>
  );
}
