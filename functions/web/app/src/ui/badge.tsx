import type { ComponentChildren } from "preact";
import type { Schemas } from "../api/client";
import { t } from "../language";

export type Tone = "good" | "warn" | "bad" | "neutral";

/** A word about the state of something. */
export const Badge = ({ tone, children }: { tone?: Tone | undefined; children: ComponentChildren }) => (
  <span class={`badge ${tone ?? ""}`}>{children}</span>
);

export const STATUS_TONES: Partial<Record<Schemas["Status"], Tone>> = { Done: "good", NoShow: "warn", Cancelled: "neutral" };

/** The status of an appointment. */
export const StatusBadge = ({ status }: { status: Schemas["Status"] }) => (
  <Badge tone={STATUS_TONES[status]}>{t.status[status]}</Badge>
);
