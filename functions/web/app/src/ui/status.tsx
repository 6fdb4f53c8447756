import type { Schemas } from "../api/client";
import { t } from "../language";

/** Where an appointment stands. */
export const Status = ({ of }: { of: Schemas["Status"] }) => <span class={`status ${of}`}>{t.status[of]}</span>;
