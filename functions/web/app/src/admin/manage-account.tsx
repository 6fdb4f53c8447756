import { useState } from "preact/hooks";
import { all, answer, GET, POST, whole, type Schemas } from "../api/client";
import { t } from "../language";
import { to } from "../route";
import type { Account } from "../sign-in";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { Failure, useAction } from "../ui/load";
import { When } from "./when";

type Appointment = Schemas["Appointment"];
type Doing = "choosing" | "deactivate" | "reset" | "erase";

/** As the API leaves an account that is erased: nobody can have such an email. */
export const isErased = ({ id, email }: Account): boolean => email === `erased-${id}`;

const of = ({ id }: Account) => ({ params: { path: { account_id: id } } });

/** What is still booked, where the answer to a deactivation says that it is listed. */
async function stillBooked(response: Response): Promise<Appointment[] | undefined> {
  const link = /<([^>]*)>;\s*rel="related"/.exec(response.headers.get("Link") ?? "");
  if (!link) return undefined;
  const listed = new URL(link[1]!, document.baseURI).searchParams;
  const query = { doctor_id: Number(listed.get("doctor_id")), status: listed.get("status") as Schemas["Status"] };
  return all((after) => GET("/appointments", { params: { query: { ...query, limit: 100, after } } }));
}

type Props = { account: Account; onClose: () => void; onDone: (text: string) => void };

/** What can be done to somebody's account, one thing at a time. */
export function ManageAccount({ account, onClose, onDone }: Props) {
  const texts = t.admin.accounts;
  const [doing, start] = useState<Doing | undefined>("choosing");
  const [booked, setBooked] = useState<Appointment[]>();
  const done = (text: string) => {
    onDone(text);
    onClose();
  };
  const deactivate = async ({ cancels, reason }: Record<string, string>) => {
    const body = cancels ? { appointments: "cancel" as const, reason: reason || null } : {};
    const { response } = await whole(POST("/accounts/{account_id}/deactivate", { ...of(account), body }));
    const booked = await stillBooked(response);
    if (!booked) return done(texts.deactivated(account.name));
    onDone(texts.deactivated(account.name));
    start(undefined);
    setBooked(booked);
  };
  return (
    <Dialog title={texts.manageWhom(account.name)} onClose={onClose}>
      <p class="faint"><bdi>{account.email}</bdi> · {texts.kinds[account.account_type]}</p>
      {booked && <StillBooked name={account.name} booked={booked} />}
      {doing === "choosing" && <Choices account={account} onStart={start} onDone={done} />}
      {doing === "deactivate" && (
        <Form submit={texts.deactivate} danger onSubmit={deactivate}>
          <p>{texts.deactivateWhat} {account.account_type === "Doctor" && texts.deactivateDoctor}</p>
          {account.account_type !== "Admin" && <CancelAppointments />}
        </Form>
      )}
      {doing === "reset" && <Reset account={account} onDone={done} />}
      {doing === "erase" && <Erase account={account} onDone={done} />}
      {doing && doing !== "choosing" && <p><button type="button" onClick={() => start("choosing")}>{t.ui.cancel}</button></p>}
    </Dialog>
  );
}

type ChoicesProps = { account: Account; onStart: (doing: Doing) => void; onDone: (text: string) => void };

function Choices({ account, onStart, onDone }: ChoicesProps) {
  const texts = t.admin.accounts;
  const { busy, error, run } = useAction();
  const activate = () =>
    run(async () => {
      await answer(POST("/accounts/{account_id}/activate", of(account)));
      onDone(texts.activated(account.name));
    });
  return (
    <div class="stack">
      <Failure of={error} />
      {account.account_type !== "Admin" && (
        <a class="button" href={to("appointments", account.account_type.toLowerCase(), account.id)}>{texts.appointments}</a>
      )}
      {!isErased(account) && <button type="button" onClick={() => onStart("reset")}>{texts.reset}</button>}
      {account.active && <button type="button" class="danger" onClick={() => onStart("deactivate")}>{texts.deactivate}</button>}
      {!account.active && !isErased(account) && (
        <button type="button" aria-disabled={busy} onClick={activate}>{texts.activate}</button>
      )}
      {account.account_type === "Patient" && !isErased(account) && (
        <button type="button" class="danger" onClick={() => onStart("erase")}>{texts.erase}</button>
      )}
    </div>
  );
}

/** Whether the appointments ahead are cancelled with the account, and why. */
function CancelAppointments() {
  const texts = t.admin.accounts;
  const [on, turn] = useState(false);
  return (
    <>
      <label class="check">
        <input type="checkbox" name="cancels" checked={on} onChange={(event) => turn(event.currentTarget.checked)} />
        {texts.cancelAppointments}
      </label>
      {on && <Field label={texts.cancelReason} name="reason" type="text" maxlength={500} autocomplete="off" />}
    </>
  );
}

function StillBooked({ name, booked }: { name: string; booked: Appointment[] }) {
  const texts = t.admin.accounts;
  return (
    <div role="status">
      <p>{texts.deactivated(name)} {booked.length > 0 ? texts.stillBooked : texts.nothingBooked}</p>
      <ul>
        {booked.map(({ id, start_date }) => <li key={id}><a href={to("appointments", id)}><When time={start_date} /></a></li>)}
      </ul>
    </div>
  );
}

function Reset({ account, onDone }: { account: Account; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const submit = async ({ new_password }: Record<string, string>) => {
    await answer(POST("/accounts/{account_id}/password", { ...of(account), body: { new_password: new_password! } }));
    onDone(texts.wasReset(account.name));
  };
  return (
    <Form submit={texts.reset} onSubmit={submit}>
      <p>{texts.resetWhat}</p>
      <Field
        label={texts.newPassword} hint={t.register.passwordHint} name="new_password" type="password"
        autocomplete="new-password" minlength={8} maxlength={128} required
      />
    </Form>
  );
}

/** Asks for the email, as what is erased is gone. */
function Erase({ account, onDone }: { account: Account; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const confirm = (event: Event & { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    event.currentTarget.setCustomValidity(value.trim().toLowerCase() === account.email.toLowerCase() ? "" : texts.eraseWrong);
  };
  const submit = async () => {
    await answer(POST("/accounts/{account_id}/erase", of(account)));
    onDone(texts.wasErased);
  };
  return (
    <Form submit={texts.erase} danger onSubmit={submit}>
      <p>{texts.eraseWhat}</p>
      <Field label={texts.eraseConfirm(account.email)} type="text" autocomplete="off" onInput={confirm} required />
    </Form>
  );
}
