import { useState } from "preact/hooks";
import { ApiError, dataOf, POST, PUT } from "../api/client";
import { LANGUAGES } from "../language";
import { s } from "../language/staff";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { useAction } from "../ui/load";
import { Notice } from "../ui/notice";
import { PhoneLink } from "../ui/phone-link";
import { toast } from "../ui/toast";
import type { Patient } from "./first";
import { BirthDate } from "./texts";

const names: Record<string, string> = LANGUAGES;

/** How to reach a patient, and whether they can sign in. */
export function Contact({ patient }: { patient: Patient }) {
  const texts = s.desk.card;
  const { phone, email, birth_date, language, has_login } = patient;
  const none = <span class="faint">{texts.unknown}</span>;
  return (
    <section class="card" aria-label={texts.contact}>
      <dl class="facts">
        <dt>{s.desk.fields.phone}</dt>
        <dd>{phone ? <PhoneLink phone={phone} /> : none}</dd>
        <dt>{s.desk.fields.email}</dt>
        <dd>{email ? <a href={`mailto:${email}`}><bdi>{email}</bdi></a> : none}</dd>
        <dt>{s.desk.fields.birthDate}</dt>
        <dd>{birth_date ? <BirthDate date={birth_date} /> : none}</dd>
        <dt>{s.desk.fields.language}</dt>
        <dd>{language ? (names[language] ?? language) : <span class="faint">{s.desk.fields.clinicLanguage}</span>}</dd>
        <dt>{s.desk.fields.login}</dt>
        <dd>{has_login ? <Badge tone="good">{texts.hasLogin}</Badge> : <span class="faint">{texts.hasNoLogin}</span>}</dd>
      </dl>
      {!has_login && email && <Invite patient={patient} />}
    </section>
  );
}

/** Sends a mail whose link lets the patient choose a password. If the email is a login of another, offers guardianship. */
function Invite({ patient: { id, email } }: { patient: Patient }) {
  const texts = s.desk.invite;
  const { busy, error, run } = useAction();
  const [guardian, setGuardian] = useState<number>();
  const invite = () =>
    run(async () => {
      try {
        await dataOf(POST("/patients/{patient_id}/invite", { params: { path: { patient_id: id } } }));
        toast(texts.sent(email!));
      } catch (error) {
        const owner = error instanceof ApiError && error.kind === "email-taken" ? error.problem.account_id : undefined;
        if (!owner) throw error;
        setGuardian(owner);
      }
    });
  const link = () =>
    run(async () => {
      const path = { patient_id: id, account_id: guardian! };
      await dataOf(PUT("/patients/{patient_id}/guardians/{account_id}", { params: { path } }));
      toast(texts.linked);
      setGuardian(undefined);
    });
  return (
    <>
      {guardian === undefined ? (
        <div><Button icon="mail" busy={busy} onClick={invite}>{texts.invite}</Button></div>
      ) : (
        <Notice tone="warn" role="alert" focused>
          <p>{texts.taken(email!)}</p>
          <Button kind="primary" busy={busy} onClick={link}>{texts.makeGuardian}</Button>
        </Notice>
      )}
      <ErrorMessage error={error} />
    </>
  );
}
