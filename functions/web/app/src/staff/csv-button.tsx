import { useEffect, useRef, useState } from "preact/hooks";
import { fetchCsv, type FetchCsv } from "../api/csv";
import { s } from "../language/staff";
import { today } from "../time";
import { Button } from "../ui/button";
import { ErrorMessage } from "../ui/errors";
import { useAction } from "../ui/load";
import { save } from "../ui/save";

/** Saves a list as a CSV file, with all its pages. `name` is the first part of the file's name. Leaving the page stops it. */
export function CsvButton({ name, page }: { name: string; page: FetchCsv }) {
  const { busy, error, run } = useAction();
  const [count, setCount] = useState(0);
  const stop = useRef(new AbortController());
  useEffect(() => () => stop.current.abort(), []);
  const download = () =>
    run(async () => {
      setCount(0);
      const file = await fetchCsv(page, stop.current.signal, setCount);
      save(file, `${name}-${today()}.csv`);
    });
  const progress = busy && count > 0 ? s.admin.csv.loaded(count) : "";
  return (
    <div class="row">
      <Button icon="download" busy={busy} onClick={download}>{s.admin.csv.download}</Button>
      <p class={progress ? "faint" : "hidden"} role="status">{progress}</p>
      <ErrorMessage error={error} />
    </div>
  );
}
