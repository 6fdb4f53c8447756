import { useState } from "preact/hooks";
import { fetchTypes, setTypes, useTypes, type AppointmentType } from "../appointment-types";
import { t } from "../language";
import { s } from "../language/staff";
import { Badge } from "../ui/badge";
import { Button } from "../ui/button";
import { both, useLoad } from "../ui/load";
import { Empty, WhenLoaded } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { useTitle } from "../ui/title";
import { toast } from "../ui/toast";
import { fetchDoctors } from "./appointments-data";
import { TypeDialog, type DoctorChoice } from "./type-dialog";

/** `#/types`: what can be booked at the clinic, and how long it takes. */
export function TypesPage() {
  const texts = s.admin.types;
  useTitle(texts.title);
  const loaded = both(useLoad(fetchTypes, []), useLoad(fetchDoctors, []));
  const current = useTypes();
  const [opened, setOpened] = useState<AppointmentType | "new">();
  const close = () => setOpened(undefined);
  return (
    <div class="page">
      <div class="row between">
        <h1>{texts.title}</h1>
        <Button kind="primary" icon="plus" onClick={() => setOpened("new")}>{texts.create}</Button>
      </div>
      <p class="faint prose">{texts.intro}</p>
      <WhenLoaded state={loaded}>
        {([first, doctors]) => {
          const types = current ?? first;
          const saved = (type: AppointmentType, text: string) => {
            const isKnown = types.some(({ id }) => id === type.id);
            setTypes(isKnown ? types.map((one) => (one.id === type.id ? type : one)) : [...types, type]);
            toast(text);
            close();
          };
          const type = opened === "new" ? undefined : opened;
          return (
            <>
              {types.length > 0 ? (
                <List types={types} doctors={doctors} onOpen={setOpened} />
              ) : (
                <Empty icon="clock">{texts.none}</Empty>
              )}
              {opened && <TypeDialog type={type} doctors={doctors} onClose={close} onSaved={saved} />}
            </>
          );
        }}
      </WhenLoaded>
    </div>
  );
}

function List({ types, doctors, onOpen }: {
  types: readonly AppointmentType[];
  doctors: readonly DoctorChoice[];
  onOpen: (type: AppointmentType) => void;
}) {
  const texts = s.admin.types;
  const nameOf = (id: number) => doctors.find((doctor) => doctor.id === id)?.name ?? s.admin.number(String(id));
  const columns: Column<AppointmentType>[] = [
    {
      title: texts.name, isHeader: true,
      cell: ({ name, active }) => <><bdi>{name}</bdi>{!active && <> <Badge tone="neutral">{texts.inactive}</Badge></>}</>,
    },
    { title: texts.length, cell: (type) => <span>{t.ui.minutes(type.duration)}<br /><small>{bufferText(type)}</small></span> },
    { title: texts.bookableBy, cell: ({ bookable_by }) => texts.who[bookable_by] },
    {
      title: texts.doctors,
      cell: ({ doctors }) => (doctors ? <bdi>{doctors.map(nameOf).join(", ") || texts.nobody}</bdi> : texts.allDoctors),
    },
    {
      title: s.admin.accounts.actions,
      cell: (type) => <Button small aria-label={texts.changeOf(type.name)} onClick={() => onOpen(type)}>{texts.change}</Button>,
    },
  ];
  const rows = [...types.filter(({ active }) => active), ...types.filter(({ active }) => !active)];
  return <Table caption={texts.caption} columns={columns} rows={rows} keyOf={({ id }) => id} />;
}

/** The time before and after an appointment, if there is any. */
function bufferText({ buffer_before, buffer_after }: AppointmentType): string {
  const texts = s.admin.types;
  const before = buffer_before > 0 ? texts.bufferBefore(t.ui.minutes(buffer_before)) : "";
  const after = buffer_after > 0 ? texts.bufferAfter(t.ui.minutes(buffer_after)) : "";
  return before && after ? texts.bufferText(before, after) : before || after;
}
