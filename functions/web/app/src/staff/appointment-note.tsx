import { useState } from "preact/hooks";
import { t } from "../language";
import { s } from "../language/staff";
import { Button } from "../ui/button";
import { TextArea } from "../ui/field";
import { useFirstFocus } from "../ui/focus";
import { Form } from "../ui/form";

/** The note for an appointment. Edited in place. */
export function AppointmentNote({ note, onSave }: { note: string | null; onSave: (note: string | null) => Promise<void> }) {
  const texts = s.desk.appointment;
  const [isEdited, setEdited] = useState(false);
  const first = useFirstFocus(isEdited);
  if (isEdited) {
    return (
      <div ref={first}>
        <Form
          submit={texts.saveNote} onSubmit={({ note = "" }) => onSave(note.trim() || null)}
          actions={<Button onClick={() => setEdited(false)}>{t.ui.back}</Button>}
        >
          <TextArea label={texts.note} hint={texts.noteHint} name="note" maxlength={500} defaultValue={note ?? ""} />
        </Form>
      </div>
    );
  }
  return (
    <div class="row between">
      <p class="grow lines">{note ? <><span class="faint">{texts.note}: </span><bdi>{note}</bdi></> : <span class="faint">{texts.noNote}</span>}</p>
      <Button small onClick={() => setEdited(true)}>{note ? texts.editNote : texts.addNote}</Button>
    </div>
  );
}
