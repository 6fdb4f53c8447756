import type { ComponentChildren } from "preact";

/** A card with a heading. */
export const Section = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <section class="card">
    <h2>{title}</h2>
    {children}
  </section>
);
