import type { ComponentChildren } from "preact";

/** Content that few users need. It is closed at first, unless `open`. */
export const Disclosure = ({ title, open = false, children }: { title: string; open?: boolean; children: ComponentChildren }) => (
  <details class="details" open={open}>
    <summary>{title}</summary>
    {children}
  </details>
);
