import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../language";
import { Avatar } from "./avatar";
import { IconButton } from "./button";
import { Icon } from "./icon";

export type Person = { id: number; name: string; /** Distinguishes people of the same name. */ about?: string | null | undefined };

/** How long the user has to stop typing before the search starts, in milliseconds. */
const TYPING_PAUSE = 200;

/**
 * Chooses a person by name (a combobox of the ARIA Authoring Practices). `search` returns the people for the typed words.
 */
export function PersonPicker({ label, value, search, onChoose }: {
  label: string;
  value: Person | undefined;
  search: (words: string) => Promise<Person[]>;
  onChoose: (person: Person | undefined) => void;
}) {
  const id = useId();
  const [words, setWords] = useState("");
  const [found, setFound] = useState<Person[]>();
  const [active, setActive] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (words === "") return setFound(undefined);
    let current = true;
    const timer = setTimeout(() => search(words).then((people) => current && (setFound(people), setActive(0)), () => current && setFound([])), TYPING_PAUSE);
    return () => {
      current = false;
      clearTimeout(timer);
    };
  }, [words]);
  const choose = (person: Person | undefined) => {
    setWords("");
    onChoose(person);
    input.current?.focus();
  };
  const press = (event: KeyboardEvent) => {
    const people = found ?? [];
    if (event.key === "Escape") setWords("");
    if (event.key === "ArrowDown") setActive(Math.min(active + 1, people.length - 1));
    if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    if (event.key === "Enter" && people[active]) choose(people[active]);
    if (["ArrowDown", "ArrowUp", "Enter"].includes(event.key)) event.preventDefault();
  };
  const isOpen = found !== undefined;
  return (
    <div class="field picker">
      <label for={id}>{label}</label>
      <div class="with-icon">
      <Icon name="user" />
      <input
        ref={input} id={id} class="input" type="text" role="combobox" autocomplete="off" aria-expanded={isOpen} aria-controls={`${id}-list`}
        aria-autocomplete="list" aria-activedescendant={isOpen && found[active] ? `${id}-${found[active].id}` : undefined}
        placeholder={value ? value.name : t.ui.searchByName} value={words}
        onInput={(event) => setWords(event.currentTarget.value)} onKeyDown={press} onBlur={() => setWords("")}
      />
      {value && <span class="chosen"><IconButton icon="close" small label={t.ui.removeChoice(value.name)} onClick={() => choose(undefined)} /></span>}
      </div>
      {isOpen && (
        <ul class="options" id={`${id}-list`} role="listbox" aria-label={label}>
          {found.length === 0 && <li role="option" aria-selected="false">{t.ui.nobodyFound}</li>}
          {found.map((person, index) => (
            // A press would move the focus away from the input before the click.
            <li
              key={person.id} id={`${id}-${person.id}`} role="option" aria-selected={index === active}
              onMouseDown={(event) => event.preventDefault()} onClick={() => choose(person)}
            >
              <Avatar name={person.name} size="small" />
              <span><bdi>{person.name}</bdi>{person.about && <> <small><bdi>{person.about}</bdi></small></>}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
