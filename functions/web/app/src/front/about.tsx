import type { Schemas } from "../api/client";
import { useClinic } from "../clinic";
import { t } from "../language";
import { Contact } from "../ui/contact";

/** Beside a doctor's times or an appointment: where the clinic is, and what the doctor says about themselves and a visit. */
export function About({ doctor }: { doctor: Schemas["Profile"] | null | undefined }) {
  const clinic = useClinic();
  return (
    <aside class="page">
      <section class="card">
        <h2>{t.patient.doctor.place}</h2>
        <p class="strong"><bdi>{clinic.name}</bdi></p>
        <Contact clinic={clinic} />
      </section>
      {/* Last, because it can come later than the rest of the page. */}
      {doctor?.details && (
        <section class="card">
          <h2>{t.patient.facts.about}</h2>
          <p class="lines"><bdi>{doctor.details}</bdi></p>
        </section>
      )}
    </aside>
  );
}
