import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { AppointmentDetails } from "../appointment/details";
import type { RefusalTexts } from "../appointment/refusal";
import { t } from "../language";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { Button, LinkButton } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { useFirstFocus } from "../ui/focus";
import { ErrorMessage } from "../ui/errors";
import { useAction, useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { PhoneLink } from "../ui/phone-link";
import { Skeleton, WhenLoaded } from "../ui/states";
import { dateTimeText, TimeOfDay } from "../ui/time";
import { canArrive, canCancelLate, canReopen, hasStarted, isAhead, type Appointment } from "./agenda";
import { AppointmentNote } from "./appointment-note";
import { arrivalText, setArrival, StaffStatus } from "./arrival";
import { StaffCancel } from "./cancel";
import { changeNote, fetchVersioned, isStale, markDone, markNoShow, reopen, reschedule, type Versioned } from "./changes";
import { StaffReschedule } from "./reschedule";

type Props = {
  id: number;
  /** Whether the dialog opens because another user has changed the appointment. */
  isChanged?: boolean;
  /** Whether the reader is the doctor of the appointment. Otherwise, it is the desk. */
  isOwn?: boolean;
  /** The address of the patient's appointments. */
  historyOf: (patient: number) => string;
  /** Why an appointment cannot be rescheduled, for the reader. */
  refusals: RefusalTexts;
  /** Chooses a new time outside of the dialog. Without it, the dialog has a form for it. */
  onReschedule?: (versioned: Versioned) => void;
  onClose: () => void;
  /** Called after a change with the text to show. `undo` undoes the change, if it can be undone. */
  onDone: (text: string, undo?: () => Promise<void>) => void;
};

/** An appointment, and the changes that staff can make to it. */
export function AppointmentDialog({ id, isChanged = false, onClose, ...props }: Props) {
  const loaded = useLoad(() => fetchVersioned(id), [id]);
  const [stale, setStale] = useState(isChanged);
  const [mode, setMode] = useState<Mode>("details");
  /** Sends a change. If another user has changed the appointment since it was loaded, loads and shows the new version. */
  const send: Send = async (change, text, undo) => {
    let changed;
    try {
      changed = await change();
    } catch (error) {
      if (!isStale(error)) throw error;
      setStale(true);
      setMode("details");
      loaded.reload();
      return;
    }
    const result = changed;
    props.onDone(typeof text === "string" ? text : text(result), undo && (() => undo(result)));
  };
  return (
    <Dialog title={s.doctor.appointment.title} large={mode === "reschedule"} tall onClose={onClose}>
      {stale && <Notice tone="warn" role="alert">{t.problems["appointment-changed"]}</Notice>}
      <WhenLoaded state={loaded} skeleton={<Skeleton height={14} />}>
        {(versioned) => <Content {...props} versioned={versioned} mode={mode} setMode={setMode} send={send} />}
      </WhenLoaded>
    </Dialog>
  );
}

type Mode = "details" | "reschedule" | "cancel";
/** Sends a change, and shows the text if it succeeds. The text and `undo` can depend on the result of the change. */
export type Send = <Changed>(
  change: () => Promise<Changed>, text: string | ((changed: Changed) => string), undo?: (changed: Changed) => Promise<void>,
) => Promise<void>;
type ContentProps = Omit<Props, "id" | "isChanged" | "onClose"> & {
  versioned: Versioned;
  mode: Mode;
  setMode: (mode: Mode) => void;
  send: Send;
};

function Content(props: ContentProps) {
  const { versioned, mode, setMode, send, isOwn } = props;
  const { appointment } = versioned;
  const texts = s.doctor.appointment;
  const details = <Details appointment={appointment} isBrief={mode !== "details"} withDoctor={!isOwn} />;
  if (mode === "cancel") {
    return (
      <Part title={texts.cancelTitle}>
        {details}
        <StaffCancel versioned={versioned} send={send} onKeep={() => setMode("details")} />
      </Part>
    );
  }
  if (mode === "reschedule") {
    return (
      <Part title={texts.rescheduleTitle}>
        {details}
        <RescheduleTo {...props} />
        <div><Button icon="previous" onClick={() => setMode("details")}>{t.ui.back}</Button></div>
      </Part>
    );
  }
  return (
    <Part
      title={appointment.patient_name} beside={<HistoryLink href={props.historyOf(appointment.patient_id)} />}
      {...(!isOwn && { href: hrefTo("patients", appointment.patient_id) })}
    >
      {details}
      <AppointmentNote
        note={appointment.note} onSave={(note) => send(() => changeNote(versioned, note), s.desk.appointment.noteSaved)}
      />
      {canArrive(appointment) && <ArrivalButton versioned={versioned} send={send} />}
      {isAhead(appointment) && <UpcomingActions {...props} />}
      {hasStarted(appointment) && <MarkButtons versioned={versioned} send={send} />}
      {!isOwn && canCancelLate(appointment) && (
        <div><Button kind="danger" onClick={() => setMode("cancel")}>{texts.cancel}</Button></div>
      )}
    </Part>
  );
}

/** Reschedules the appointment, and can undo that. */
function RescheduleTo({ versioned, send, refusals, isOwn, onDone }: ContentProps) {
  const { appointment } = versioned;
  /** Returns a rescheduled appointment to its doctor and time. The length of a type cannot change. */
  const undo = async (after: Versioned) => {
    const { doctor_id, start_date, duration, type_id } = appointment;
    await reschedule(after, { doctor_id, start_date, ...(type_id === null && { duration }) });
    onDone(s.doctor.reschedule.undone(dateTimeText(start_date)));
  };
  return (
    <StaffReschedule
      appointment={appointment} isDesk={!isOwn} texts={refusals}
      onReschedule={(times, newDoctor) => {
        const when = dateTimeText(times.start_date);
        const text = newDoctor ? s.desk.appointment.moved(when, newDoctor) : s.doctor.appointment.rescheduled(when);
        return send(() => reschedule(versioned, times), text, undo);
      }}
    />
  );
}

/** A part of the dialog. Gets the focus when it replaces another part, whose button had it. */
function Part({ title, href, beside, children }: {
  title: string;
  /** Where the title leads. */
  href?: string;
  beside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const isFirst = useRef(true);
  useEffect(() => {
    // A control of the new part may have the focus already.
    if (!isFirst.current && document.activeElement === document.body) heading.current?.focus();
    isFirst.current = false;
  }, [title]);
  return (
    <>
      <div class="row between">
        <h3 ref={heading} tabIndex={-1}>{href ? <a href={href}><bdi>{title}</bdi></a> : <bdi>{title}</bdi>}</h3>
        {beside}
      </div>
      {children}
    </>
  );
}

const HistoryLink = ({ href }: { href: string }) => (
  <LinkButton kind="quiet" small icon="list" href={href}>{s.doctor.appointment.history}</LinkButton>
);

/** `isBrief`: only who and when, above a form about the appointment. */
function Details({ appointment, isBrief, withDoctor }: { appointment: Appointment; isBrief: boolean; withDoctor: boolean }) {
  const { doctor_name, patient_name, moved_from } = appointment;
  return (
    <AppointmentDetails
      slot={appointment} movedFrom={moved_from} {...(withDoctor && { doctor: doctor_name })}
      patient={isBrief && <bdi>{patient_name}</bdi>}
    >
      {!isBrief && <MoreFacts appointment={appointment} />}
    </AppointmentDetails>
  );
}

function MoreFacts({ appointment }: { appointment: Appointment }) {
  const { patient_phone, type_name, overridden, status, reason, confirmed_at, arrived_at, series_id } = appointment;
  const texts = s.doctor.appointment;
  return (
    <>
      {type_name && <><dt>{s.desk.appointment.type}</dt><dd><bdi>{type_name}</bdi></dd></>}
      {series_id !== null && <><dt>{texts.series}</dt><dd>{texts.ofSeries}</dd></>}
      {patient_phone && <><dt>{s.desk.fields.phone}</dt><dd><PhoneLink phone={patient_phone} /></dd></>}
      <dt>{texts.status}</dt>
      <dd><StaffStatus appointment={appointment} />{overridden && <small>{s.desk.appointment.overridden}</small>}</dd>
      {arrived_at && <><dt>{s.doctor.arrival.arrived}</dt><dd><TimeOfDay time={arrived_at} /></dd></>}
      {reason && <><dt>{t.appointment.reason}</dt><dd class="lines"><bdi>{reason}</bdi></dd></>}
      {confirmed_at && status === "Booked" && <><dt>{texts.confirmation}</dt><dd>{texts.confirmed}</dd></>}
    </>
  );
}

function UpcomingActions({ versioned, setMode, onReschedule, isOwn }: ContentProps) {
  const texts = s.doctor.appointment;
  const first = useFirstFocus(!isOwn);
  const choose = () => (onReschedule ? onReschedule(versioned) : setMode("reschedule"));
  return (
    <div class="row" ref={first}>
      <Button kind="primary" icon="calendar" onClick={choose}>{texts.reschedule}</Button>
      <Button kind="danger" onClick={() => setMode("cancel")}>{texts.cancel}</Button>
    </div>
  );
}

/** Notes that the patient has arrived, and undoes that. */
function ArrivalButton({ versioned: { appointment }, send }: { versioned: Versioned; send: Send }) {
  const { busy, error, run } = useAction();
  const texts = s.doctor.arrival;
  const isOn = appointment.arrived_at !== null;
  const set = (hasArrived: boolean, undo?: () => Promise<void>) =>
    send(() => setArrival(appointment, hasArrived), arrivalText(appointment, hasArrived), undo);
  return (
    <>
      <ErrorMessage error={error} />
      <div class="row">
        <Button icon={isOn ? "close" : "user"} busy={busy} onClick={() => run(() => set(!isOn, isOn ? undefined : () => set(false)))}>
          {isOn ? texts.notArrived : texts.arrived}
        </Button>
      </div>
    </>
  );
}

/** Buttons to mark an appointment as done or as a no-show. One mark can be changed to the other, or taken back on its day. */
function MarkButtons({ versioned, send }: { versioned: Versioned; send: Send }) {
  const { busy, error, run } = useAction();
  const texts = s.doctor.appointment;
  const { status } = versioned.appointment;
  const firstKind = status === "Booked" ? "primary" : undefined;
  const done = () => run(() => send(() => markDone(versioned), texts.markedDone));
  const noShow = () => run(() => send(() => markNoShow(versioned), texts.markedNoShow));
  const undo = () => run(() => send(() => reopen(versioned), s.desk.appointment.reopened));
  return (
    <>
      <ErrorMessage error={error} />
      <div class="row">
        {status !== "Done" && <Button kind={firstKind} icon="check" busy={busy} onClick={done}>{texts.done}</Button>}
        {status !== "NoShow" && <Button busy={busy} onClick={noShow}>{texts.noShow}</Button>}
        {canReopen(versioned.appointment) && <Button busy={busy} onClick={undo}>{s.desk.appointment.reopen}</Button>}
      </div>
    </>
  );
}
