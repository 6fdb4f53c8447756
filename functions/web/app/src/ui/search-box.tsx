import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import "./search-box.css";
import { Avatar } from "./avatar";
import { ErrorMessage } from "./errors";
import { Icon, type IconName } from "./icon";
import { useShortcut } from "./shortcut";

export type SearchOption = {
  key: string;
  text: string;
  about?: ComponentChildren;
  /** Without an icon, the option is a person. */
  icon?: IconName;
  /** `isQuick`: the user has pressed Ctrl or Cmd with Enter. */
  onChoose: (isQuick: boolean) => void;
};

type Props = {
  label: string;
  placeholder: string;
  /** The key that moves the focus here from anywhere on the page. */
  shortcut: string;
  words: string;
  onWords: (words: string) => void;
  /** What the words match. Undefined if nothing was searched for. */
  options: readonly SearchOption[] | undefined;
  /** Whether `options` are those of earlier words. Enter then waits for the others. */
  isLoading: boolean;
  error: unknown;
  /** How many were found, for screen readers. */
  status: string;
  /** Below the options. */
  hint: ComponentChildren;
};

/**
 * A search whose first match is chosen by Enter (a combobox of the ARIA Authoring Practices). Escape removes the words, and
 * then leaves the search.
 */
export function SearchBox({ label, placeholder, shortcut, words, onWords, options, isLoading, error, status, hint }: Props) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const before = useRef<Element | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [active, setActive] = useState(0);
  /** Whether Enter was pressed before the options arrived, and how. */
  const [pending, setPending] = useState<{ isQuick: boolean }>();
  useShortcut(shortcut, () => {
    before.current = document.activeElement;
    input.current?.focus();
    input.current?.select();
  });
  const leave = () => {
    onWords("");
    setOpen(false);
    setPending(undefined);
  };
  /** Returns to where the focus was before the shortcut. */
  const goBack = () => {
    input.current?.blur();
    (before.current as HTMLElement | null)?.focus();
  };
  const choose = (option: SearchOption | undefined, isQuick: boolean) => {
    if (!option) return;
    leave();
    option.onChoose(isQuick);
  };
  useEffect(() => {
    if (isLoading) return;
    setActive(0);
    setPending(undefined);
    if (pending && error === undefined) choose(options?.[0], pending.isQuick);
  }, [options, isLoading]);
  const type = (words: string) => {
    setPending(undefined);
    setOpen(true);
    onWords(words);
  };
  const press = (event: KeyboardEvent) => {
    const isQuick = event.ctrlKey || event.metaKey;
    const last = (options?.length ?? 0) - 1;
    if (event.key === "Escape") {
      if (words === "") goBack();
      leave();
    } else if (event.key === "ArrowDown") setActive(Math.min(active + 1, last));
    else if (event.key === "ArrowUp") setActive(Math.max(active - 1, 0));
    else if (event.key !== "Enter") return;
    else if (isLoading) setPending({ isQuick });
    else choose(options?.[active], isQuick);
    event.preventDefault();
  };
  const isShown = isOpen && words !== "" && (options !== undefined || error !== undefined);
  const activeId = isShown && options?.[active] ? `${id}-${options[active].key}` : undefined;
  return (
    <div class="search-box picker" role="search">
      <div class="with-icon">
        <Icon name="search" />
        <input
          ref={input} class="input" type="text" role="combobox" autocomplete="off" spellcheck={false} enterkeyhint="search"
          aria-label={label} aria-autocomplete="list" aria-expanded={isShown} aria-controls={`${id}-list`}
          aria-activedescendant={activeId} aria-keyshortcuts={shortcut} placeholder={placeholder} value={words}
          onInput={(event) => type(event.currentTarget.value)} onKeyDown={press}
          onFocus={() => setOpen(true)} onBlur={() => setOpen(false)}
        />
        <kbd aria-hidden="true">{shortcut}</kbd>
      </div>
      <p class="hidden" role="status">{isShown && !isLoading ? status : ""}</p>
      {isShown && (
        <div class="options">
          <ErrorMessage error={error} />
          <ul class="plain" id={`${id}-list`} role="listbox" aria-label={label} aria-busy={isLoading}>
            {options?.map((option, index) => (
              <li
                key={option.key} id={`${id}-${option.key}`} role="option" aria-selected={index === active}
                // A press would move the focus away from the input before the click.
                onMouseDown={(event) => event.preventDefault()}
                onClick={(event) => choose(option, event.ctrlKey || event.metaKey)}
              >
                {option.icon ? <Icon name={option.icon} /> : <Avatar name={option.text} size="small" />}
                <span class="grow"><bdi>{option.text}</bdi>{option.about && <> <small>{option.about}</small></>}</span>
              </li>
            ))}
          </ul>
          <p class="hint" aria-hidden="true">{hint}</p>
        </div>
      )}
    </div>
  );
}
