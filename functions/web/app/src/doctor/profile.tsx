import { useId } from "preact/hooks";
import { dataOf, GET, PATCH } from "../api/client";
import { t } from "../language";
import { Form, maxLengthOf, NameField } from "../ui/form";
import { WhenLoaded, useLoad } from "../ui/load";

/** The form for the doctor's specialty and details, which patients see. */
export function Profile({ doctor, onDone }: { doctor: number; onDone: (text: string) => void }) {
  const params = { path: { doctor_id: doctor } };
  const loaded = useLoad(() => dataOf(GET("/doctors/{doctor_id}", { params })), [doctor]);
  const id = useId();
  const texts = t.doctor.profile;
  const save = async ({ specialty, details }: Record<string, string>) => {
    const body = { specialty: specialty!.trim() || null, details: details!.trim() || null };
    await dataOf(PATCH("/doctors/{doctor_id}", { params, body }));
    onDone(texts.saved);
  };
  return (
    <section class="narrow-form">
      <h2>{texts.title}</h2>
      <WhenLoaded state={loaded}>
        {({ specialty, details }) => (
          <Form submit={texts.save} onSubmit={save} aria-label={texts.title}>
            <NameField label={texts.specialty} name="specialty" defaultValue={specialty ?? ""} />
            <div class="field">
              <label for={id}>{texts.details}</label>
              <textarea id={id} name="details" rows={5} maxlength={maxLengthOf(5000)} defaultValue={details ?? ""} />
            </div>
          </Form>
        )}
      </WhenLoaded>
    </section>
  );
}
