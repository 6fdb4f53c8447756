import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import "./choices.css";
import { Button } from "./button";
import { useRoving } from "./roving";

export type Choice = { key: string; text: ComponentChildren; about?: ComponentChildren; onChoose: () => void };
/** Choices that belong together, such as the free times of a doctor. */
export type ChoiceRow = { key: string; title?: ComponentChildren; about?: ComponentChildren; choices: readonly Choice[] };

/**
 * Rows of buttons, one of which leads on. They are one tab stop, and the arrow keys go from one to the next. The first one gets
 * the focus when it appears, so that Enter chooses it, and again when `focuses` changes.
 */
export function Choices({ label, rows, focuses }: {
  label: string;
  rows: readonly ChoiceRow[];
  /** Undefined: the focus does not move here. */
  focuses: number | undefined;
}) {
  const { group, stop, onKeyDown, focusFirst } = useRoving(rows.map(({ choices }) => choices.map(({ key }) => key)));
  useEffect(() => {
    if (focuses !== undefined) focusFirst();
  }, [focuses]);
  return (
    <div class="choices" role="group" aria-label={label} ref={group} onKeyDown={onKeyDown}>
      {rows.map(({ key, title, about, choices }) => (
        <div key={key} class="choice-row" role={title ? "group" : undefined} aria-labelledby={title ? `choices-${key}` : undefined}>
          {title && (
            <p id={`choices-${key}`}>
              <span class="strong">{title}</span>
              {about && <> <small>{about}</small></>}
            </p>
          )}
          <div class="row">
            {choices.map(({ key, text, about, onChoose }) => (
              <Button key={key} {...stop(key)} onClick={onChoose}>{text}{about && <> <small>{about}</small></>}</Button>
            ))}
          </div>
        </div>
      ))}
    </div>
  );
}
