import { useState } from "preact/hooks";
import { allPages, dataOf, GET, POST, resultOf, type Schemas } from "../api/client";
import { t } from "../language";
import { hrefTo } from "../route";
import type { Account } from "../sign-in";
import { Dialog } from "../ui/dialog";
import { Field, Form } from "../ui/form";
import { ErrorMessage, useAction } from "../ui/load";
import { DateTime } from "./date-time";

type Appointment = Schemas["Appointment"];
type Step = "choose" | "deactivate" | "reset" | "erase";

/** Returns whether an account is erased. An erasure replaces the email with this text, which is not an email address. */
export const isErased = ({ id, email }: Account): boolean => email === `erased-${id}`;

const optionsFor = ({ id }: Account) => ({ params: { path: { account_id: id } } });

/**
 * Loads the appointments that are still booked with a deactivated doctor. The response to the deactivation has a link to
 * their list. Returns undefined if there is no such link.
 */
async function fetchStillBooked(response: Response): Promise<Appointment[] | undefined> {
  const link = /<([^>]*)>;\s*rel="related"/.exec(response.headers.get("Link") ?? "");
  if (!link) return undefined;
  const linked = new URL(link[1]!, document.baseURI).searchParams;
  const query = { doctor_id: Number(linked.get("doctor_id")), status: linked.get("status") as Schemas["Status"] };
  return allPages((after) => GET("/appointments", { params: { query: { ...query, limit: 100, after } } }));
}

type Props = { account: Account; onClose: () => void; onDone: (text: string) => void };

/** The actions on another user's account. The dialog shows one action at a time. */
export function ManageAccount({ account, onClose, onDone }: Props) {
  const texts = t.admin.accounts;
  const [step, setStep] = useState<Step | undefined>("choose");
  const [booked, setBooked] = useState<Appointment[]>();
  const done = (text: string) => {
    onDone(text);
    onClose();
  };
  const deactivate = async ({ cancels, reason }: Record<string, string>) => {
    const body = cancels ? { appointments: "cancel" as const, reason: reason || null } : {};
    const { response } = await resultOf(POST("/accounts/{account_id}/deactivate", { ...optionsFor(account), body }));
    const booked = await fetchStillBooked(response);
    if (!booked) return done(texts.deactivated(account.name));
    onDone(texts.deactivated(account.name));
    setStep(undefined);
    setBooked(booked);
  };
  return (
    <Dialog title={texts.manageOf(account.name)} onClose={onClose}>
      <p class="faint"><bdi>{account.email}</bdi> · {texts.accountTypes[account.account_type]}</p>
      {booked && <StillBooked name={account.name} booked={booked} />}
      {step === "choose" && <Choices account={account} onStart={setStep} onDone={done} />}
      {step === "deactivate" && (
        <Form submit={texts.deactivate} danger onSubmit={deactivate}>
          <p>{texts.deactivateText} {account.account_type === "Doctor" && texts.deactivateDoctor}</p>
          {account.account_type !== "Admin" && <CancelAppointments />}
        </Form>
      )}
      {step === "reset" && <Reset account={account} onDone={done} />}
      {step === "erase" && <Erase account={account} onDone={done} />}
      {step && step !== "choose" && <p><button type="button" onClick={() => setStep("choose")}>{t.ui.back}</button></p>}
    </Dialog>
  );
}

type ChoicesProps = { account: Account; onStart: (step: Step) => void; onDone: (text: string) => void };

function Choices({ account, onStart, onDone }: ChoicesProps) {
  const texts = t.admin.accounts;
  const { busy, error, run } = useAction();
  const activate = () =>
    run(async () => {
      await dataOf(POST("/accounts/{account_id}/activate", optionsFor(account)));
      onDone(texts.activated(account.name));
    });
  return (
    <div class="stack">
      <ErrorMessage error={error} />
      {account.account_type !== "Admin" && (
        <a class="button" href={hrefTo("appointments", account.account_type.toLowerCase(), account.id)}>{texts.appointments}</a>
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

/** The choice to cancel all upcoming appointments too, and the reason for it. */
function CancelAppointments() {
  const texts = t.admin.accounts;
  const [isChecked, setChecked] = useState(false);
  return (
    <>
      <label class="check">
        <input type="checkbox" name="cancels" checked={isChecked} onChange={(event) => setChecked(event.currentTarget.checked)} />
        {texts.cancelAppointments}
      </label>
      {isChecked && <Field label={texts.cancelReason} name="reason" type="text" maxlength={500} autocomplete="off" />}
    </>
  );
}

function StillBooked({ name, booked }: { name: string; booked: Appointment[] }) {
  const texts = t.admin.accounts;
  return (
    <div role="status">
      <p>{texts.deactivated(name)} {booked.length > 0 ? texts.stillBooked : texts.nothingBooked}</p>
      <ul>
        {booked.map(({ id, start_date }) => <li key={id}><a href={hrefTo("appointments", id)}><DateTime time={start_date} /></a></li>)}
      </ul>
    </div>
  );
}

function Reset({ account, onDone }: { account: Account; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const submit = async ({ new_password }: Record<string, string>) => {
    await dataOf(POST("/accounts/{account_id}/password", { ...optionsFor(account), body: { new_password: new_password! } }));
    onDone(texts.wasReset(account.name));
  };
  return (
    <Form submit={texts.reset} onSubmit={submit}>
      <p>{texts.resetText}</p>
      <Field
        label={texts.newPassword} hint={t.register.passwordHint} name="new_password" type="password"
        autocomplete="new-password" minlength={8} maxlength={128} required
      />
    </Form>
  );
}

/** Requires the account's email as a confirmation, because an erasure cannot be undone. */
function Erase({ account, onDone }: { account: Account; onDone: (text: string) => void }) {
  const texts = t.admin.accounts;
  const confirm = (event: Event & { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    event.currentTarget.setCustomValidity(value.trim().toLowerCase() === account.email.toLowerCase() ? "" : texts.eraseWrong);
  };
  const submit = async () => {
    await dataOf(POST("/accounts/{account_id}/erase", optionsFor(account)));
    onDone(texts.wasErased);
  };
  return (
    <Form submit={texts.erase} danger onSubmit={submit}>
      <p>{texts.eraseText}</p>
      <Field label={texts.eraseConfirm(account.email)} type="text" autocomplete="off" onInput={confirm} required />
    </Form>
  );
}
