import { fetchOwnAccount, setOwnAccount, useOwnAccount, type OwnAccount } from "../account";
import { dataOf, GET, PATCH, POST, signIn } from "../api/client";
import { languageOptions, t } from "../language";
import { Avatar } from "../ui/avatar";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { BirthDateField, Field, Hidden, NameField, NewPasswordField, Select } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { useAction, useLoad } from "../ui/load";
import { save } from "../ui/save";
import { SkeletonCards, WhenLoaded } from "../ui/states";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { EmailAddress } from "./email";
import { Family } from "./family";
import { CalendarFeed } from "./feed";
import { Section } from "./section";

/**
 * The user's own account: the name and the contact, the family of a patient, the email address, the password, the calendar
 * feed and all data.
 */
export function AccountPage() {
  const loaded = useLoad(fetchOwnAccount, []);
  const current = useOwnAccount();
  useTitle(t.account.title);
  return (
    <div class="page">
      <h1>{t.account.title}</h1>
      <WhenLoaded state={loaded} skeleton={<SkeletonCards count={4} height={18} />}>
        {(first) => <Sections account={current ?? first} />}
      </WhenLoaded>
    </div>
  );
}

const Sections = ({ account }: { account: OwnAccount }) => (
  <div class="halves page">
    <div class="page">
      <Details account={account} />
      {account.account_type === "Patient" && <Family />}
      <EmailAddress account={account} />
    </div>
    <div class="page">
      <Password email={account.email} />
      <CalendarFeed account={account} />
      <Export />
    </div>
  </div>
);

function Details({ account }: { account: OwnAccount }) {
  const isPatient = account.account_type === "Patient";
  const change = async ({ name, phone, language, birth_date }: Values) => {
    const contact = { name: name!, phone: phone!.trim() || null, language: language || null };
    const body = { ...contact, ...(isPatient && { birth_date: birth_date || null }) };
    setOwnAccount(await dataOf(PATCH("/me", { body })));
    toast(t.account.saved);
  };
  return (
    <Section title={t.account.details}>
      <div class="row">
        <Avatar name={account.name} />
        <p class="grow"><bdi class="strong">{account.name}</bdi><br /><bdi class="faint">{account.email}</bdi></p>
      </div>
      <Form submit={t.account.save} onSubmit={change} guarded>
        <NameField label={t.account.name} name="name" defaultValue={account.name} autocomplete="name" required />
        {/* Keyed by the value, so that the field shows the number as the API has stored it. */}
        <Field
          key={account.phone} label={t.account.phone} hint={t.account.phoneHint} name="phone" type="tel"
          defaultValue={account.phone ?? ""} autocomplete="tel" dir="ltr" maxlength={50}
        />
        {isPatient && <BirthDateField value={account.birth_date} autocomplete="bday" />}
        <Select
          label={t.account.language} name="language" value={account.language ?? ""}
          options={[["", t.account.clinicLanguage], ...languageOptions(account.language)]}
        />
      </Form>
    </Section>
  );
}

function Password({ email }: { email: string }) {
  const change = async ({ old_password, new_password }: Values) => {
    await dataOf(POST("/me/password", { body: { old_password: old_password!, new_password: new_password! } }));
    // The change has revoked all tokens except the one it was sent with. If that token was renewed meanwhile, the
    // renewed one is revoked too.
    await signIn(email, new_password!);
    toast(t.account.passwordChanged);
  };
  return (
    <Section title={t.account.changePassword}>
      <Form submit={t.account.changePassword} onSubmit={change}>
        <Hidden autocomplete="username" value={email} />
        <Field label={t.account.oldPassword} name="old_password" type="password" autocomplete="current-password" required />
        <NewPasswordField label={t.account.newPassword} name="new_password" />
      </Form>
    </Section>
  );
}

function Export() {
  const { busy, error, run } = useAction();
  const saveExport = () =>
    run(async () => {
      const text = JSON.stringify(await dataOf(GET("/me/export")), undefined, 2);
      save(new Blob([text], { type: "application/json" }), t.account.exportFile);
    });
  return (
    <Section title={t.account.data}>
      <p class="faint">{t.account.exportText}</p>
      <ErrorMessage error={error} />
      <div class="row"><Button icon="download" busy={busy} onClick={saveExport}>{t.account.export}</Button></div>
    </Section>
  );
}
