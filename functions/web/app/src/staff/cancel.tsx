import { useState } from "preact/hooks";
import { CancelForm, type Reason } from "../appointment/cancel";
import { s } from "../language/staff";
import { Segments } from "../ui/button";
import { dateTimeText } from "../ui/time";
import type { Send } from "./appointment-dialog";
import { cancel, type Versioned } from "./changes";

type Which = "one" | "following";

/** Cancels an appointment. One of a series can be cancelled with all later ones. */
export function StaffCancel({ versioned, send, onKeep }: { versioned: Versioned; send: Send; onKeep: () => void }) {
  const texts = s.doctor.appointment;
  const { series_id, start_date } = versioned.appointment;
  const [which, setWhich] = useState<Which>("one");
  const cancelThis = (reason: Reason) => send(() => cancel(versioned, reason), texts.cancelled(dateTimeText(start_date)));
  const cancelFollowing = (reason: Reason) =>
    send(
      () => cancel(versioned, { ...reason, following: true }),
      ({ cancelled }) => s.desk.appointment.cancelledSeries(cancelled?.length ?? 0),
    );
  const isOne = which === "one";
  return (
    <CancelForm
      hint={texts.cancelHint} onKeep={onKeep} onCancel={isOne ? cancelThis : cancelFollowing}
      {...(!isOne && { submit: texts.cancelThem })}
    >
      {series_id !== null && (
        <Segments<Which>
          label={texts.which} value={which} onChoose={setWhich}
          options={[["one", texts.onlyThis], ["following", texts.andLater]]}
        />
      )}
    </CancelForm>
  );
}
