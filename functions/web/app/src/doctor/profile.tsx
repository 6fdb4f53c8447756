import { useId } from "preact/hooks";
import { answer, GET, PATCH } from "../api/client";
import { t } from "../language";
import { Form, longest, NameField } from "../ui/form";
import { Show, useLoad } from "../ui/load";

/** What the doctor says of themselves, for patients to read. */
export function Profile({ doctor, onDone }: { doctor: number; onDone: (text: string) => void }) {
  const params = { path: { doctor_id: doctor } };
  const loaded = useLoad(() => answer(GET("/doctors/{doctor_id}", { params })), [doctor]);
  const id = useId();
  const texts = t.doctor.profile;
  const save = async ({ specialty, details }: Record<string, string>) => {
    const body = { specialty: specialty!.trim() || null, details: details!.trim() || null };
    await answer(PATCH("/doctors/{doctor_id}", { params, body }));
    onDone(texts.saved);
  };
  return (
    <section class="narrow-form">
      <h2>{texts.title}</h2>
      <Show of={loaded}>
        {({ specialty, details }) => (
          <Form submit={texts.save} onSubmit={save} aria-label={texts.title}>
            <NameField label={texts.specialty} name="specialty" defaultValue={specialty ?? ""} />
            <div class="field">
              <label for={id}>{texts.details}</label>
              <textarea id={id} name="details" rows={5} maxlength={longest(5000)} defaultValue={details ?? ""} />
            </div>
          </Form>
        )}
      </Show>
    </section>
  );
}
