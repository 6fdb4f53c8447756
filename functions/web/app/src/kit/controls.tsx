import { useState } from "preact/hooks";
import { t } from "../language";
import { formatTime } from "../time";
import { Button, IconButton, LinkButton, Segments } from "../ui/button";
import { Choices } from "../ui/choices";
import { DatePicker } from "../ui/date-picker";
import { DayStrip } from "../ui/day-strip";
import { PersonPicker, type Person } from "../ui/person-picker";
import { SearchBox } from "../ui/search-box";
import { TimeGrid } from "../ui/time-grid";
import { DAY, PEOPLE, TIMES } from "./data";
import { Sample } from "./sample";

const CHOICES = PEOPLE.map(({ id, name }) => ({
  key: String(id), title: name, choices: TIMES.slice(0, 3).map((time) => ({ key: `${id} ${time}`, text: formatTime(time), onChoose: () => {} })),
}));

export const ButtonSamples = () => (
  <Sample title="Buttons">
    <div class="row">
      <Button kind="primary">{t.appointment.cancelSubmit}</Button>
      <Button>{t.ui.again}</Button>
      <Button kind="danger">{t.appointment.keep}</Button>
      <Button kind="quiet">{t.ui.more}</Button>
      <Button kind="primary" busy>{t.ui.loading}</Button>
      <Button icon="calendar">{t.ui.today}</Button>
      <Button small>{t.ui.close}</Button>
      <IconButton icon="close" label={t.ui.close} />
      <LinkButton href="#" icon="phone">{t.ui.home}</LinkButton>
    </div>
  </Sample>
);

export function ChoiceSamples() {
  const [segment, setSegment] = useState<"morning" | "evening">("morning");
  const [day, setDay] = useState(DAY);
  const [time, setTime] = useState(TIMES[1]);
  const [person, setPerson] = useState<Person>();
  const search = async (words: string) => PEOPLE.filter(({ name }) => name.toLowerCase().includes(words.toLowerCase()));
  const [words, setWords] = useState("");
  const found = words === "" ? undefined : PEOPLE.map(({ id, name }) => ({ key: String(id), text: name, onChoose: () => {} }));
  const days = Array.from({ length: 14 }, (_, index) => {
    const free = index % 6 < 4 ? index + 1 : 0;
    return { day: DAY.add({ days: index }), about: t.slots.free(free), isOff: free === 0 };
  });
  return (
    <>
      <Sample title="Segments">
        <Segments label="Segments" value={segment} onChoose={setSegment} options={[["morning", t.slots.morning], ["evening", t.slots.evening]]} />
      </Sample>
      <Sample title="Date picker"><DatePicker day={day} period="week" onChange={setDay} /></Sample>
      <Sample title="Days"><DayStrip label={t.slots.days} days={days} chosen={day} onChoose={setDay} /></Sample>
      <Sample title="Times"><TimeGrid times={TIMES} chosen={time} onChoose={setTime} /></Sample>
      <Sample title="Choices"><Choices label="Choices" rows={CHOICES} focuses={undefined} /></Sample>
      <Sample title="Search box">
        <SearchBox
          label="Search box" placeholder={t.ui.searchByName} shortcut="/" words={words} onWords={setWords} error={undefined} isLoading={false}
          options={found} status="" hint={t.ui.again}
        />
      </Sample>
      <Sample title="Person picker">
        <div class="narrow"><PersonPicker label={t.appointment.doctor} value={person} search={search} onChoose={setPerson} /></div>
      </Sample>
    </>
  );
}
