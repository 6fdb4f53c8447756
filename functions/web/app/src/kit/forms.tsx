import { t } from "../language";
import { Check, EmailField, Field, FieldErrors, NameField, NewPasswordField, SearchField, Select, TextArea } from "../ui/field";
import { Form } from "../ui/form";
import { Sample } from "./sample";

const ERRORS = new Map([["phone", t.violations["not_a_phone_number"]]]);

export const FormSamples = () => (
  <div class="halves">
    <Sample title="Form">
      <div class="card">
        <Form submit={t.account.save} onSubmit={async () => {}}>
          <NameField label={t.account.name} name="name" defaultValue="Sam Rivera" required />
          <EmailField label={t.account.email} />
          <NewPasswordField label={t.register.password} name="password" />
          <Check label={t.account.feed.details} hint={t.account.feed.detailsHint} name="details" defaultChecked />
        </Form>
      </div>
    </Sample>
    <Sample title="Fields">
      <div class="card form">
        <SearchField label={t.ui.searchByName} />
        <Select label={t.account.language} options={[["", t.account.clinicLanguage]]} />
        <FieldErrors.Provider value={ERRORS}>
          <Field label={t.account.phone} hint={t.account.phoneHint} name="phone" type="tel" defaultValue="030 123456" dir="ltr" />
        </FieldErrors.Provider>
        <TextArea label={t.appointment.reason} name="reason" maxlength={500} />
      </div>
    </Sample>
  </div>
);
