import { useMemo, useState } from "preact/hooks";
import type { Account } from "../account";
import { dataOf, POST } from "../api/client";
import { s } from "../language/staff";
import { t } from "../language";
import { hrefTo, hrefWith } from "../route";
import { fetchAffected, type Step } from "../staff/plan";
import { PlanForm } from "../staff/plan-form";
import { Temporal, thisMinute } from "../time";
import { Button, LinkButton } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorMessage } from "../ui/errors";
import { Check, Field, NewPasswordField } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { useAction, useLoad } from "../ui/load";
import { WhenLoaded } from "../ui/states";
import { AccountStatus } from "./account-status";
import { isErased } from "./accounts-data";
import { hrefOfAppointment } from "./appointment-links";
import { StillBooked } from "./still-booked";

type Mode = "choose" | "deactivate" | "plan" | "reset" | "erase" | "booked";

const optionsFor = ({ id }: Account) => ({ params: { path: { account_id: id } } });

type Props = { account: Account; onClose: () => void; onDone: (text: string) => void };

/** The actions on another user's account. The dialog shows one action at a time. */
export function ManageAccount({ account, onClose, onDone }: Props) {
  const texts = s.admin.accounts;
  const [mode, setMode] = useState<Mode>("choose");
  const done = (text: string) => {
    onDone(text);
    onClose();
  };
  const deactivated = () => {
    if (account.account_type !== "Doctor") return done(texts.deactivated(account.name));
    onDone(texts.deactivated(account.name));
    setMode("booked");
  };
  const back = <Button onClick={() => setMode("choose")}>{t.ui.back}</Button>;
  return (
    <Dialog title={isErased(account) ? texts.erasedName : account.name} onClose={onClose}>
      {mode === "choose" && (
        <>
          <Facts account={account} />
          <Choices account={account} onStart={setMode} onDone={done} />
        </>
      )}
      {mode === "deactivate" && (
        <Deactivate account={account} back={back} onPlan={() => setMode("plan")} onDone={deactivated} />
      )}
      {mode === "plan" && <DeactivateWithPlan account={account} back={back} onDone={deactivated} />}
      {mode === "reset" && <Reset account={account} back={back} onDone={done} />}
      {mode === "erase" && <Erase account={account} back={back} onDone={done} />}
      {mode === "booked" && <StillBooked doctor={account} />}
    </Dialog>
  );
}

function Facts({ account }: { account: Account }) {
  const texts = s.admin.accounts;
  return (
    <dl class="facts">
      <dt>{texts.accountType}</dt>
      <dd>{texts.accountTypes[account.account_type]}</dd>
      {!isErased(account) && (
        <>
          <dt>{texts.email}</dt>
          <dd><bdi>{account.email}</bdi></dd>
        </>
      )}
      <dt>{texts.status}</dt>
      <dd><AccountStatus account={account} /></dd>
    </dl>
  );
}

type ChoicesProps = { account: Account; onStart: (mode: Mode) => void; onDone: (text: string) => void };

function Choices({ account, onStart, onDone }: ChoicesProps) {
  const texts = s.admin.accounts;
  const { busy, error, run } = useAction();
  const { id, name, account_type, active } = account;
  const erased = isErased(account);
  const activate = () =>
    run(async () => {
      await dataOf(POST("/accounts/{account_id}/activate", optionsFor(account)));
      onDone(texts.activated(name));
    });
  return (
    <div class="stack">
      <ErrorMessage error={error} />
      {account_type === "Doctor" && active && (
        <LinkButton full icon="settings" href={hrefTo("doctors", id)}>{texts.doctorPage}</LinkButton>
      )}
      {account_type !== "Admin" && (
        <LinkButton full icon="calendar" href={hrefWith(["appointments"], { [account_type.toLowerCase()]: String(id) })}>
          {texts.appointments}
        </LinkButton>
      )}
      {!erased && <Button full onClick={() => onStart("reset")}>{texts.reset}</Button>}
      {!active && !erased && <Button full kind="primary" busy={busy} onClick={activate}>{texts.activate}</Button>}
      {active && <Button full kind="danger" onClick={() => onStart("deactivate")}>{texts.deactivate}</Button>}
      {account_type === "Patient" && !erased && <Button full kind="danger" onClick={() => onStart("erase")}>{texts.erase}</Button>}
    </div>
  );
}

type FormProps = { account: Account; back: preact.ComponentChildren; onDone: (text: string) => void };

/** Deactivates the account. Can also cancel all upcoming appointments, with a reason. */
function Deactivate({ account, back, onPlan, onDone }: Omit<FormProps, "onDone"> & { onPlan: () => void; onDone: () => void }) {
  const texts = s.admin.accounts;
  const [cancels, setCancels] = useState(false);
  const submit = async ({ reason }: Values) => {
    const body = cancels ? { appointments: "cancel" as const, reason: reason?.trim() || null } : {};
    await dataOf(POST("/accounts/{account_id}/deactivate", { ...optionsFor(account), body }));
    onDone();
  };
  const actions = account.account_type === "Doctor" ? <><Button onClick={onPlan}>{texts.chooseForEach}</Button>{back}</> : back;
  return (
    <Form submit={texts.deactivate} danger actions={actions} onSubmit={submit}>
      <p>{texts.deactivateText} {account.account_type === "Doctor" && texts.deactivateDoctor}</p>
      {account.account_type !== "Admin" && (
        <Check label={texts.cancelAppointments} checked={cancels} onChange={(event) => setCancels(event.currentTarget.checked)} />
      )}
      {cancels && (
        <Field label={t.appointment.reason} hint={s.doctor.appointment.cancelHint} name="reason" maxlength={500} autocomplete="off" />
      )}
    </Form>
  );
}

/** At least how far ahead appointments of a doctor can be: three years. */
const HOURS_AHEAD = 3 * 366 * 24;

/** Deactivates a doctor, with a choice for each upcoming appointment. */
function DeactivateWithPlan({ account, back, onDone }: Omit<FormProps, "onDone"> & { onDone: () => void }) {
  const times = useMemo(() => {
    const start_date = thisMinute();
    return { start_date, end_date: Temporal.Instant.from(start_date).add({ hours: HOURS_AHEAD }).toString() };
  }, []);
  const affected = useLoad(() => fetchAffected(account.id, times), [account.id]);
  const send = (appointments: Step[], dry_run: boolean) =>
    dataOf(POST("/accounts/{account_id}/deactivate", { ...optionsFor(account), body: { appointments, dry_run } }));
  return (
    <WhenLoaded state={affected}>
      {(affected) => (
        <PlanForm
          affected={affected} submit={s.admin.accounts.deactivate} hrefOf={hrefOfAppointment} send={send} onDone={onDone} actions={back}
        />
      )}
    </WhenLoaded>
  );
}

function Reset({ account, back, onDone }: FormProps) {
  const texts = s.admin.accounts;
  const submit = async ({ new_password }: Values) => {
    await dataOf(POST("/accounts/{account_id}/password", { ...optionsFor(account), body: { new_password: new_password! } }));
    onDone(texts.wasReset(account.name));
  };
  return (
    <Form submit={texts.reset} actions={back} onSubmit={submit}>
      <p>{texts.resetText}</p>
      <NewPasswordField label={texts.newPassword} name="new_password" />
    </Form>
  );
}

/** Requires the account's email as a confirmation, because an erasure cannot be undone. */
function Erase({ account, back, onDone }: FormProps) {
  const texts = s.admin.accounts;
  const confirm = (event: Event & { currentTarget: HTMLInputElement }) => {
    const { value } = event.currentTarget;
    event.currentTarget.setCustomValidity(value.trim().toLowerCase() === account.email.toLowerCase() ? "" : texts.eraseWrong);
  };
  const submit = async () => {
    await dataOf(POST("/accounts/{account_id}/erase", optionsFor(account)));
    onDone(texts.wasErased);
  };
  return (
    <Form submit={texts.erase} danger actions={back} onSubmit={submit}>
      <p>{texts.eraseText}</p>
      <Field label={texts.eraseConfirm(account.email)} autocomplete="off" onInput={confirm} required />
    </Form>
  );
}
