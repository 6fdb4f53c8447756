import { ApiError } from "../api/client";
import type { RefusalTexts } from "../appointment/refusal";
import { t } from "../language";
import { messageOf } from "../ui/errors";

/** Returns the texts of refusals. `dependant`: the name of the patient, if the appointment is for a dependant. */
export const refusalTexts = (dependant: string | undefined): RefusalTexts =>
  dependant === undefined ? t.problems : { ...t.problems, "patient-busy": t.patient.choice.isBusy(dependant) };

/** Returns the message of a refused booking. */
export function bookingMessage(error: unknown, dependant: string | undefined): string {
  const isBusy = error instanceof ApiError && error.kind === "patient-busy";
  return isBusy ? refusalTexts(dependant)["patient-busy"]! : messageOf(error);
}
