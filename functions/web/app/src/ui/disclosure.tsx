import type { ComponentChildren } from "preact";

/** Content that few users need. It is closed at first. */
export const Disclosure = ({ title, children }: { title: string; children: ComponentChildren }) => (
  <details class="details">
    <summary>{title}</summary>
    {children}
  </details>
);
