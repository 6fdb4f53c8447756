import type { Account } from "../account";
import { GET } from "../api/client";
import { s } from "../language/staff";
import { hrefTo, hrefWith } from "../route";
import { LinkButton } from "../ui/button";
import { PagedList, usePages } from "../ui/list";
import { Notice } from "../ui/notice";
import { Empty } from "../ui/states";
import { DateTime } from "../ui/time";

/** The appointments that are still booked with a doctor who has been deactivated. */
export function StillBooked({ doctor: { id, name } }: { doctor: Account }) {
  const texts = s.admin.accounts;
  const query = { doctor_id: id, status: "Booked" as const, limit: 20 };
  const booked = usePages((after) => GET("/appointments", { params: { query: { ...query, after } } }), [id]);
  return (
    <div class="section">
      <Notice tone="good">{texts.deactivated(name)}</Notice>
      <PagedList list={booked} summary={texts.stillBooked} empty={<Empty icon="check">{texts.nothingBooked}</Empty>}>
        {(items) => (
          <ul class="list">
            {items.map(({ id, start_date, patient_name }) => (
              <li key={id}>
                <a class="cover grow" href={hrefTo("appointments", id)}><DateTime time={start_date} /></a>
                <bdi>{patient_name}</bdi>
              </li>
            ))}
          </ul>
        )}
      </PagedList>
      {booked.items.length > 0 && (
        <LinkButton href={hrefWith(["appointments"], { doctor: String(id), status: "Booked" })}>{texts.appointments}</LinkButton>
      )}
    </div>
  );
}
