import type { ComponentChildren } from "preact";

/** A component with its name. */
export const Sample = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="section">
    <h2>{title}</h2>
    {children}
  </section>
);
