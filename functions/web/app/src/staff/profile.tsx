import { dataOf, PATCH, type Schemas } from "../api/client";
import { s } from "../language/staff";
import { NameField, TextArea } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { toast } from "../ui/toast";

/** The form for a doctor's specialty and details, which patients see. */
export function ProfileForm({ doctor }: { doctor: Schemas["Profile"] }) {
  const texts = s.doctor.profile;
  const save = async ({ specialty = "", details = "" }: Values) => {
    const body = { specialty: specialty.trim() || null, details: details.trim() || null };
    await dataOf(PATCH("/doctors/{doctor_id}", { params: { path: { doctor_id: doctor.id } }, body }));
    toast(texts.saved);
  };
  return (
    <section class="section card">
      <h2>{texts.title}</h2>
      <Form submit={texts.save} onSubmit={save} guarded aria-label={texts.title}>
        <NameField label={texts.specialty} name="specialty" defaultValue={doctor.specialty ?? ""} />
        <TextArea
          label={texts.details} hint={texts.detailsHint} name="details" rows={5} maxlength={5000}
          defaultValue={doctor.details ?? ""}
        />
      </Form>
    </section>
  );
}
