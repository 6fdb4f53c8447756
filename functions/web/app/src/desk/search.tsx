import { useEffect, useState } from "preact/hooks";
import { s } from "../language/staff";
import { parseDate } from "../time";
import { SearchBox, type SearchOption } from "../ui/search-box";
import { findPatients } from "./data";
import type { PatientRow } from "./first";
import { NewPatient } from "./new-patient";
import { openPatient } from "./open-patient";
import { birthText } from "./texts";
import { callerOf, type Caller } from "./words";

/** How long the user has to stop typing before the search starts, in milliseconds. */
const TYPING_PAUSE = 150;

type Found = { typed: string; patients?: PatientRow[]; error?: unknown };

/** Searches when the user stops typing. Ignores the answers for earlier words. */
function useFound(typed: string): Found {
  const [found, setFound] = useState<Found>({ typed: "" });
  useEffect(() => {
    if (typed === "") return setFound({ typed });
    let current = true;
    const send = () =>
      findPatients(callerOf(typed)).then(
        (patients) => current && setFound({ typed, patients }),
        (error: unknown) => current && setFound({ typed, error }),
      );
    const timer = setTimeout(send, TYPING_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [typed]);
  return found;
}

/** Finds a patient by what a caller says, or creates one. It is in the frame of all pages of the desk. */
export function DeskSearch() {
  const texts = s.desk.search;
  const [words, setWords] = useState("");
  const [caller, setCaller] = useState<Caller>();
  const typed = words.trim();
  const found = useFound(typed);
  const { patients } = found;
  const options = patients && [
    ...patients.map(optionOf),
    { key: "new", icon: "plus" as const, text: texts.create(found.typed), onChoose: () => setCaller(callerOf(found.typed)) },
  ];
  return (
    <>
      <SearchBox
        label={texts.label} placeholder={texts.placeholder} shortcut="/" words={words} onWords={setWords} options={options}
        isLoading={found.typed !== typed} error={found.error} status={texts.found(patients?.length ?? 0)} hint={texts.hint}
      />
      {caller && <NewPatient caller={caller} onClose={() => setCaller(undefined)} />}
    </>
  );
}

function optionOf({ id, name, birth_date, phone }: PatientRow): SearchOption {
  const date = birth_date ? parseDate(birth_date) : undefined;
  return {
    key: String(id), text: name, onChoose: (isQuick) => openPatient(id, isQuick),
    about: (
      <>
        {date && birthText(date)}{date && phone && " · "}{phone && <bdi dir="ltr">{phone}</bdi>}
      </>
    ),
  };
}
