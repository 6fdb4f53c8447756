import { useState } from "preact/hooks";
import { t } from "../language";
import { useTitle } from "../ui/title";
import { Profile } from "./profile";
import { SuccessMessage, type Message } from "./success-message";
import { TimeOff } from "./time-off";
import { WorkingHours } from "./working-hours";

/** The page for the doctor's working hours, time off and profile. */
export function HoursPage({ doctor }: { doctor: number }) {
  useTitle(t.doctor.hours.title);
  const [message, setMessage] = useState<Message>();
  const done = (text: string) => setMessage({ text });
  return (
    <>
      <h1>{t.doctor.hours.title}</h1>
      <WorkingHours doctor={doctor} onDone={done} />
      <TimeOff doctor={doctor} onDone={done} />
      <Profile doctor={doctor} onDone={done} />
      <SuccessMessage message={message} />
    </>
  );
}
