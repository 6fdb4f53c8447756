import type { Schemas } from "../api/client";
import { t } from "../language";

/** The status of an appointment. */
export const Status = ({ status }: { status: Schemas["Status"] }) => <span class={`status ${status}`}>{t.status[status]}</span>;
