import { useState } from "preact/hooks";
import { t } from "../language";
import { useTitle } from "../ui/title";
import { Profile } from "./profile";
import { Said, type Announcement } from "./said";
import { TimeOff } from "./time-off";
import { WorkingHours } from "./working-hours";

/** When the doctor can be booked, and what patients read about them. */
export function HoursPage({ doctor }: { doctor: number }) {
  useTitle(t.doctor.hours.title);
  const [said, setSaid] = useState<Announcement>();
  const say = (text: string) => setSaid({ text });
  return (
    <>
      <h1>{t.doctor.hours.title}</h1>
      <WorkingHours doctor={doctor} onDone={say} />
      <TimeOff doctor={doctor} onDone={say} />
      <Profile doctor={doctor} onDone={say} />
      <Said of={said} />
    </>
  );
}
