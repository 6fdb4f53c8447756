import { fetchTypes, useTypes } from "../appointment-types";
import type { Patient } from "../family";
import { NotFound } from "../not-found";
import { idIn, type Route } from "../route";
import { useLoad } from "../ui/load";
import { SkeletonCards, WhenLoaded } from "../ui/states";
import { DoctorPage } from "./doctor";
import { Start } from "./start";

/** The pages that need no account: the start page with the doctors, and the page of a doctor. A Patient has them too. */
export function Front({ route: { path: [page, part], query }, family = [] }: { route: Route; family?: readonly Patient[] }) {
  // The types decide which times the pages load.
  const loaded = useLoad(fetchTypes, []);
  const current = useTypes();
  const id = idIn(part);
  const isStart = page === "" || (page === "doctors" && part === undefined);
  if (!isStart && (page !== "doctors" || id === undefined)) return <NotFound />;
  return (
    <WhenLoaded state={loaded} skeleton={<SkeletonCards />}>
      {(first) => {
        const props = { query, types: current ?? first, family };
        return isStart ? <Start {...props} /> : <DoctorPage key={id} id={id!} {...props} />;
      }}
    </WhenLoaded>
  );
}
