import { useState } from "preact/hooks";
import { renewSession } from "./api/client";
import { t } from "./language";
import * as session from "./session";
import { deviceZone, formatTime, Temporal } from "./time";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";
import { ErrorMessage } from "./ui/errors";
import { useAction } from "./ui/load";

/** Warns that the session ends soon, so that users do not lose what they are typing (WCAG 2.2, 2.2.1). */
export function SessionEndDialog({ isLast }: { isLast: boolean }) {
  const [isClosed, setClosed] = useState(false);
  const { busy, error, run } = useAction();
  if (isClosed) return null;
  const texts = t.session;
  const time = formatTime(Temporal.Instant.fromEpochMilliseconds(session.endsAt()).toString(), deviceZone());
  return (
    <Dialog title={isLast ? texts.lastTitle : texts.title} onClose={() => setClosed(true)}>
      <p>{isLast ? texts.last(time) : texts.idle(time)}</p>
      <ErrorMessage error={error} />
      <div class="row">
        {isLast ? (
          <Button kind="primary" autofocus onClick={() => setClosed(true)}>{texts.goOn}</Button>
        ) : (
          <Button kind="primary" autofocus busy={busy} onClick={() => run(renewSession)}>{texts.stay}</Button>
        )}
        <Button onClick={session.signOut}>{t.app.signOut}</Button>
      </div>
    </Dialog>
  );
}
