import { useRef, useState } from "preact/hooks";
import { s } from "../language/staff";
import { t } from "../language";
import { Button } from "../ui/button";
import { TextArea } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form } from "../ui/form";
import { Notice } from "../ui/notice";
import { toast } from "../ui/toast";
import { changePatient, fetchPatient, type Patient } from "./data";

/** The notes about a patient that only staff can read. Edited in place. */
export function Notes({ patient: { id, notes = null }, onChange }: { patient: Patient; onChange: () => void }) {
  const texts = s.desk.notes;
  /** The notes that the edits are to replace, and whether another user wrote them meanwhile. Undefined without an edit. */
  const [before, setBefore] = useState<{ notes: string | null; isChanged: boolean }>();
  const section = useRef<HTMLElement>(null);
  const first = useFirstFocus(before !== undefined);
  const close = () => {
    setBefore(undefined);
    section.current?.focus();
  };
  const save = async ({ notes = "" }: Record<string, string>): Promise<void | "unsaved"> => {
    const { notes: present = null } = await fetchPatient(id);
    // Shows first what another user has written. The edits stay in the field.
    if (present !== before!.notes) {
      setBefore({ notes: present, isChanged: true });
      return "unsaved";
    }
    await changePatient(id, { notes: notes.trim() || null });
    toast(texts.saved);
    close();
    onChange();
  };
  return (
    <section class="card" aria-label={texts.title} ref={section} tabIndex={-1}>
      <div class="row between">
        <h2>{texts.title}</h2>
        {!before && <Button small onClick={() => setBefore({ notes, isChanged: false })}>{notes ? texts.edit : texts.add}</Button>}
      </div>
      {before ? (
        <div class="stack" ref={first}>
          {before.isChanged && (
            <Notice tone="warn" role="alert">
              <p>{texts.changed}</p>
              <p class="lines"><bdi>{before.notes ?? texts.none}</bdi></p>
            </Notice>
          )}
          <Form
            submit={texts.save} onSubmit={save} guarded actions={<Button onClick={close}>{t.ui.back}</Button>}
          >
            <TextArea label={texts.label} hint={texts.hint} name="notes" rows={5} maxlength={5000} defaultValue={notes ?? ""} />
          </Form>
        </div>
      ) : (
        <p class={notes ? "lines" : "faint"}>{notes ? <bdi>{notes}</bdi> : texts.none}</p>
      )}
    </section>
  );
}
