import type { ComponentChildren } from "preact";

/** A card of fields that belong together. `columns`: with two columns where there is room. */
export const Fieldset = ({ legend, columns = false, children }: { legend: string; columns?: boolean; children: ComponentChildren }) => (
  <fieldset class={columns ? "fieldset columns" : "fieldset"}>
    <legend>{legend}</legend>
    {children}
  </fieldset>
);
