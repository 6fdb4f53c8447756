import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../language";
import { Button } from "../ui/button";
import { TextArea } from "../ui/field";
import { Form, type Values } from "../ui/form";

/** Changes the note of a patient for the doctor. */
export function Note({ note, onSave }: { note: string | null; onSave: (note: string | null) => Promise<void> }) {
  const texts = t.patient.note;
  const [isOpen, setOpen] = useState(false);
  const [isClosed, setClosed] = useState(false);
  const close = () => {
    setOpen(false);
    setClosed(true);
  };
  const submit = async ({ note = "" }: Values) => {
    await onSave(note.trim() || null);
    close();
  };
  if (isOpen) {
    return (
      <Focused key="form" isFocused>
        <Form submit={texts.save} onSubmit={submit} guarded actions={<Button onClick={close}>{texts.keep}</Button>}>
          <TextArea label={texts.label} hint={texts.hint} name="note" maxlength={500} defaultValue={note ?? ""} />
        </Form>
      </Focused>
    );
  }
  return (
    <Focused key="text" isFocused={isClosed}>
      <div><Button icon={note ? undefined : "plus"} onClick={() => setOpen(true)}>{note ? texts.change : texts.add}</Button></div>
    </Focused>
  );
}

/** A part that replaces another one, which had the focus: its field gets the focus, or its button. */
function Focused({ isFocused, children }: { isFocused: boolean; children: ComponentChildren }) {
  const part = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    if (isFocused) part.current?.querySelector<HTMLElement>("textarea, button")?.focus();
  }, []);
  return <div class="stack" ref={part}>{children}</div>;
}
