import type { ComponentChildren } from "preact";
import "./stats.css";

/** A few numbers about the whole of a page. */
export const Stats = ({ label, values }: {
  label: string;
  values: readonly (readonly [name: string, value: ComponentChildren])[];
}) => (
  <dl class="stats" aria-label={label}>
    {values.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
  </dl>
);
