import { useState } from "preact/hooks";
import { ApiError, Unreachable } from "../api/client";
import { t } from "../language";
import { AppointmentDetails } from "../appointment/details";
import { Avatar } from "../ui/avatar";
import { StatusBadge } from "../ui/badge";
import { Button } from "../ui/button";
import { Dialog } from "../ui/dialog";
import { ErrorMessage } from "../ui/errors";
import { PagedList, type Pages } from "../ui/list";
import { useLoad } from "../ui/load";
import { Notice } from "../ui/notice";
import { Empty, LoadError, SkeletonCards, SkeletonRows, WhenLoaded } from "../ui/states";
import { Table } from "../ui/table";
import { toast } from "../ui/toast";
import { forever, PEOPLE } from "./data";
import { Sample } from "./sample";

const SLOT = { start_date: "2030-01-08T14:30:00Z", duration: 30 };
const PROBLEM = { type: "/problems/doctor-busy", title: "", status: 409, detail: "", request_id: "" };

export function SurfaceSamples() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Sample title="Cards">
        <div class="grid">
          {PEOPLE.map(({ id, name, specialty }) => (
            <div key={id} class="card">
              <div class="row"><Avatar name={name} /><div class="grow"><h3><bdi>{name}</bdi></h3><p class="faint"><bdi>{specialty}</bdi></p></div></div>
              <Button full>{t.slots.findNext}</Button>
            </div>
          ))}
        </div>
      </Sample>
      <Sample title="Facts">
        <div class="card"><AppointmentDetails slot={SLOT} doctor={PEOPLE[0]!.name} specialty={PEOPLE[0]!.specialty} movedFrom="2029-12-31T10:00:00Z" /></div>
      </Sample>
      <Sample title="Notices">
        <Notice>{t.signIn.toBook}</Notice>
        <Notice tone="good">{t.account.saved}</Notice>
        <ErrorMessage error={new ApiError(PROBLEM)} />
      </Sample>
      <Sample title="Dialog and toast">
        <div class="row">
          <Button onClick={() => setOpen(true)}>Dialog</Button>
          <Button onClick={() => toast(t.account.saved, async () => toast(t.account.saved))}>Toast</Button>
        </div>
        {isOpen && (
          <Dialog title={t.session.title} onClose={() => setOpen(false)}>
            <p>{t.session.idle("14:30")}</p>
            <div class="row"><Button kind="primary" onClick={() => setOpen(false)}>{t.session.stay}</Button></div>
          </Dialog>
        )}
      </Sample>
    </>
  );
}

export function ListSamples() {
  const first = { data: { items: PEOPLE, next: "2" }, loading: false, reload: () => {} };
  const more = { busy: false, error: undefined, run: async () => {}, clear: () => {} };
  const list: Pages<(typeof PEOPLE)[number]> = { first, items: PEOPLE, hasMore: true, more, loadMore: async () => {}, reload: () => {} };
  return (
    <>
      <Sample title="List">
        <ul class="list">
          {PEOPLE.map(({ id, name, specialty }) => (
            <li key={id}>
              <Avatar name={name} size="small" /><span class="grow"><bdi>{name}</bdi> <small>{specialty}</small></span><StatusBadge status="Done" />
            </li>
          ))}
        </ul>
      </Sample>
      <Sample title="Table with pages">
        <PagedList list={list} summary={(count) => t.slots.count(count)}>
          {(people) => (
            <Table
              caption="People" rows={people} keyOf={({ id }) => id}
              columns={[
                { title: t.account.name, isHeader: true, cell: ({ name }) => <bdi>{name}</bdi> },
                { title: t.appointment.doctor, cell: ({ specialty }) => specialty },
                { title: t.slots.days, isNumber: true, cell: ({ count }) => count },
              ]}
            />
          )}
        </PagedList>
      </Sample>
    </>
  );
}

export function StateSamples() {
  const loading = useLoad(forever, []);
  return (
    <>
      <Sample title="Nothing to show"><Empty icon="calendar">{t.slots.noneLater}</Empty></Sample>
      <Sample title="Loading"><WhenLoaded state={loading} skeleton={<><SkeletonCards count={3} /><SkeletonRows count={3} /></>}>{() => null}</WhenLoaded></Sample>
      <Sample title="Error"><LoadError error={new Unreachable("")} onRetry={() => {}} /></Sample>
    </>
  );
}
