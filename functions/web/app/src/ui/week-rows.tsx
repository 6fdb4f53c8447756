import type { ComponentChildren } from "preact";
import "./week-rows.css";

/** Rows with three parts each: a heading, fields, and a button. */
export const WeekRows = ({ children }: { children: ComponentChildren }) => <div class="week-rows">{children}</div>;
