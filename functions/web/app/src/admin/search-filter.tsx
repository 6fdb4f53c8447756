import { useEffect, useRef, useState } from "preact/hooks";
import { changeQuery } from "../route";
import { SearchField } from "../ui/field";
import { TYPING_PAUSE } from "../ui/search";

/** A search whose words are `q` of the route's query, so that back and reload keep them. */
export function SearchFilter({ label, words }: { label: string; words: string }) {
  const [typed, setTyped] = useState(words);
  const sent = useRef(words);
  useEffect(() => {
    if (typed === sent.current) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      changeQuery({ q: typed });
    }, TYPING_PAUSE);
    return () => clearTimeout(timer);
  }, [typed]);
  // The menu's link to this page has no query.
  useEffect(() => {
    if (words === sent.current) return;
    sent.current = words;
    setTyped(words);
  }, [words]);
  return <SearchField label={label} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />;
}
