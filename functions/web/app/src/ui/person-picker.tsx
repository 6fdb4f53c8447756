import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../language";
import { Avatar } from "./avatar";
import { IconButton } from "./button";
import { ErrorMessage } from "./errors";
import { Icon } from "./icon";
import { TYPING_PAUSE } from "./search";

/** `about` distinguishes people of the same name. */
export type Person = { id: number; name: string; about?: string | null | undefined };

type Search = (words: string) => Promise<Person[]>;
type Result = { people?: Person[]; error?: unknown };

/** Searches when the user stops typing. Ignores the result for earlier words. */
function useSearch(words: string, search: Search): Result {
  const [result, setResult] = useState<Result>({});
  useEffect(() => {
    if (words === "") return setResult({});
    let current = true;
    const send = () =>
      search(words).then((people) => current && setResult({ people }), (error: unknown) => current && setResult({ error }));
    const timer = setTimeout(send, TYPING_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words]);
  return result;
}

/** Chooses a person by name (a combobox of the ARIA Authoring Practices). `search` returns the people for the typed words. */
export function PersonPicker({ label, value, search, onChoose }: {
  label: string;
  value: Person | undefined;
  search: Search;
  onChoose: (person: Person | undefined) => void;
}) {
  const id = useId();
  const [words, setWords] = useState("");
  const { people, error } = useSearch(words, search);
  const [active, setActive] = useState(0);
  useEffect(() => setActive(0), [people]);
  const input = useRef<HTMLInputElement>(null);
  const choose = (person: Person | undefined) => {
    setWords("");
    onChoose(person);
    input.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const found = people ?? [];
    if (event.key === "Escape") setWords("");
    if (event.key === "ArrowDown") setActive(Math.min(active + 1, found.length - 1));
    if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    if (event.key === "Enter" && found[active]) choose(found[active]);
    if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) event.preventDefault();
  };
  const activeId = people?.[active] && `${id}-${people[active].id}`;
  return (
    <div class="field picker">
      <label for={id}>{label}</label>
      <div class="with-icon">
        <Icon name="user" />
        <input
          ref={input} id={id} class="input" type="text" role="combobox" autocomplete="off" aria-autocomplete="list"
          aria-expanded={people !== undefined} aria-controls={`${id}-list`} aria-activedescendant={activeId}
          placeholder={value ? value.name : t.ui.searchByName} value={words}
          onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={press} onBlur={() => setWords("")}
        />
        {value && (
          <span class="chosen">
            <IconButton icon="close" small label={t.ui.removeChoice(value.name)} onClick={() => choose(undefined)} />
          </span>
        )}
      </div>
      <ErrorMessage error={error} />
      {people && <Options id={id} label={label} people={people} active={active} onChoose={choose} />}
    </div>
  );
}

function Options({ id, label, people, active, onChoose }: {
  id: string;
  label: string;
  people: Person[];
  active: number;
  onChoose: (person: Person) => void;
}) {
  return (
    <ul class="options" id={`${id}-list`} role="listbox" aria-label={label}>
      {people.length === 0 && <li role="option" aria-selected="false">{t.ui.nobodyFound}</li>}
      {people.map((person, index) => (
        // A press would move the focus away from the input before the click.
        <li
          key={person.id} id={`${id}-${person.id}`} role="option" aria-selected={index === active}
          onMouseDown={(event) => event.preventDefault()} onClick={() => onChoose(person)}
        >
          <Avatar name={person.name} size="small" />
          <span><bdi>{person.name}</bdi>{person.about && <> <small><bdi>{person.about}</bdi></small></>}</span>
        </li>
      ))}
    </ul>
  );
}
