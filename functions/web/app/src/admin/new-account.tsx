import { useState } from "preact/hooks";
import { dataOf, POST, PUT } from "../api/client";
import { s } from "../language/staff";
import { hrefTo } from "../route";
import { LinkButton, Segments } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorMessage } from "../ui/errors";
import { EmailField, Field, NameField, TextArea } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { ACCOUNT_TYPES, type AccountType } from "./accounts-data";
import { HoursFields, hoursOf, usualHours, type HoursChoice } from "./hours-fields";

type Props = { onClose: () => void; onDone: (text: string) => void };
/** A doctor whose account was created, while the working hours could not be saved. */
type WithoutHours = { id: number; name: string; error: unknown };

/** Creates an account for another user. Without a password, the user gets an invitation by mail. */
export function NewAccount({ onClose, onDone }: Props) {
  const texts = s.admin.accounts;
  const [accountType, setAccountType] = useState<AccountType>("Doctor");
  const [hours, setHours] = useState<HoursChoice>("everyDay");
  const [withoutHours, setWithoutHours] = useState<WithoutHours>();
  const submit = async (values: Values) => {
    const { name, email, password, specialty, details } = values;
    const isDoctor = accountType === "Doctor";
    const doctor = isDoctor ? { specialty: specialty!.trim() || null, details: details!.trim() || null } : {};
    const body = { name: name!, email: email!, account_type: accountType, ...(password && { password }), ...doctor };
    const { id } = await dataOf(POST("/register", { body }));
    onDone(password ? texts.created(name!) : texts.invited(name!));
    // A new doctor has the usual hours already.
    if (!isDoctor || hours === "everyDay") return onClose();
    const params = { path: { doctor_id: id } };
    await dataOf(PUT("/doctors/{doctor_id}/working_hours", { params, body: hoursOf(values) })).then(onClose, (error: unknown) => {
      setWithoutHours({ id, name: name!, error });
    });
  };
  const fields = (
    <Form submit={texts.createSubmit} onSubmit={submit}>
      <Segments
        label={texts.accountType} value={accountType} onChoose={setAccountType}
        options={ACCOUNT_TYPES.map((type) => [type, texts.accountTypes[type]] as const)}
      />
      <NameField label={texts.name} name="name" autocomplete="off" required />
      <EmailField label={texts.email} autocomplete="off" />
      <Field
        label={texts.password} hint={texts.passwordHint} name="password" type="password"
        autocomplete="new-password" minlength={8} maxlength={128}
      />
      {accountType === "Doctor" && (
        <>
          <NameField label={texts.specialty} hint={texts.specialtyHint} name="specialty" />
          <TextArea label={texts.details} hint={texts.detailsHint} name="details" maxlength={5000} />
          <HoursFields choice={hours} onChoose={setHours} />
        </>
      )}
    </Form>
  );
  return (
    <Dialog title={texts.create} onClose={onClose}>
      {withoutHours ? <HoursNotSaved {...withoutHours} /> : fields}
    </Dialog>
  );
}

/** The account exists, so the form cannot be sent again. The doctor's page has the hours. */
function HoursNotSaved({ id, name, error }: WithoutHours) {
  const texts = s.admin.accounts;
  return (
    <>
      <p>{texts.hoursNotSaved(name, usualHours())}</p>
      <ErrorMessage error={error} />
      <div class="row"><LinkButton kind="primary" href={hrefTo("doctors", id)}>{texts.doctorPage}</LinkButton></div>
    </>
  );
}
