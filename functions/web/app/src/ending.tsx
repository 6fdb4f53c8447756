import { useState } from "preact/hooks";
import { stay } from "./api/client";
import { t } from "./language";
import * as session from "./session";
import { phoneZone, showTime, Temporal } from "./time";
import { Dialog } from "./ui/dialog";
import { Failure, useAction } from "./ui/load";

/** Warns that the session ends soon, so that nobody loses what they are typing (WCAG 2.2, 2.2.1). */
export function Ending({ last }: { last: boolean }) {
  const [closed, setClosed] = useState(false);
  const { busy, error, run } = useAction();
  if (closed) return null;
  const texts = t.session;
  const time = showTime(Temporal.Instant.fromEpochMilliseconds(session.ends()).toString(), phoneZone());
  return (
    <Dialog title={last ? texts.lastTitle : texts.title} onClose={() => setClosed(true)}>
      <p>{last ? texts.last(time) : texts.idle(time)}</p>
      <Failure of={error} />
      <div class="row">
        {last ? (
          <button type="button" class="primary" autofocus onClick={() => setClosed(true)}>{texts.goOn}</button>
        ) : (
          <button type="button" class="primary" autofocus aria-disabled={busy} onClick={() => run(stay)}>{texts.stay}</button>
        )}
        <button type="button" onClick={session.signOut}>{t.app.signOut}</button>
      </div>
    </Dialog>
  );
}
