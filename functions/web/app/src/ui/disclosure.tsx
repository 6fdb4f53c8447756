import type { ComponentChildren } from "preact";

/** What few users need: it is closed until the user opens it. */
export const Disclosure = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <details class="details">
    <summary>{title}</summary>
    {children}
  </details>
);
