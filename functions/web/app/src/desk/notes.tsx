import { useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { s } from "../language/staff";
import { t } from "../language";
import { Button } from "../ui/button";
import { TextArea } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form } from "../ui/form";
import { Notice } from "../ui/notice";
import { toast } from "../ui/toast";
import { changePatient, type VersionedPatient } from "./data";

/** The notes about a patient that only staff can read. Edited in place. */
export function Notes({ versioned, onChange }: { versioned: VersionedPatient; onChange: () => void }) {
  const texts = s.desk.notes;
  const { notes } = versioned.patient;
  /** The notes when the edit began. Undefined without an edit. */
  const [before, setBefore] = useState<{ notes: string | null }>();
  const isEdited = before !== undefined;
  const section = useRef<HTMLElement>(null);
  const first = useFirstFocus(isEdited);
  const close = () => {
    setBefore(undefined);
    section.current?.focus();
  };
  const save = async ({ notes = "" }: Record<string, string>) => {
    await changePatient(versioned, { notes: notes.trim() || null }).catch((error: unknown) => {
      // Loads what another user has written meanwhile. The edits stay in the field.
      if (error instanceof ApiError && error.problem.status === 412) onChange();
      throw error;
    });
    toast(texts.saved);
    close();
    onChange();
  };
  return (
    <section class="card" aria-label={texts.title} ref={section} tabIndex={-1}>
      <div class="row between">
        <h2>{texts.title}</h2>
        {!isEdited && <Button small onClick={() => setBefore({ notes: notes ?? null })}>{notes ? texts.edit : texts.add}</Button>}
      </div>
      {isEdited ? (
        <div class="stack" ref={first}>
          {before.notes !== (notes ?? null) && (
            <Notice tone="warn">
              <p>{texts.changed}</p>
              <p class="lines"><bdi>{notes ?? texts.none}</bdi></p>
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
