import { useEffect, useRef, useState } from "preact/hooks";
import type { AccountProps } from ".";
import { dataOf, DELETE, POST } from "../api/client";
import { t } from "../language";
import { Check, Form } from "../ui/form";
import { ErrorMessage, useAction } from "../ui/load";
import { SuccessMessage } from "../ui/success-message";

/** The secret address at which calendar programs read the user's appointments. */
export function CalendarFeed({ account, onChange }: AccountProps) {
  const texts = t.account.feed;
  const [url, setUrl] = useState("");
  const [message, setMessage] = useState("");
  const { busy, error, run } = useAction();
  const { feed } = account;
  const create = async ({ details }: Record<string, string>) => {
    const body = { details: details !== undefined };
    const created = await dataOf(POST("/me/feed", { body }));
    setMessage("");
    setUrl(created.url);
    onChange({ ...account, feed: body });
  };
  const remove = () =>
    run(async () => {
      await dataOf(DELETE("/me/feed"));
      setUrl("");
      setMessage(texts.removed);
      onChange({ ...account, feed: null });
    });
  return (
    <>
      <h2>{texts.title}</h2>
      <p>{texts.intro}</p>
      <SuccessMessage text={message} />
      {url && <Created url={url} />}
      {feed && !url && <p>{feed.details ? texts.hasDetails : texts.hasNoDetails} {texts.onlyOnce}</p>}
      {!url && (
        <Form submit={feed ? texts.replace : texts.create} onSubmit={create}>
          <Check label={texts.details} hint={texts.detailsHint} name="details" defaultChecked={feed?.details ?? false} />
          {feed && <small>{texts.replaceHint}</small>}
        </Form>
      )}
      <ErrorMessage error={error} />
      {feed && <p><button type="button" class="danger" aria-disabled={busy} onClick={remove}>{texts.remove}</button></p>}
    </>
  );
}

/** A new address, and how it gets into a calendar. Only this page has it. */
function Created({ url }: { url: string }) {
  const texts = t.account.feed;
  const field = useRef<HTMLInputElement>(null);
  const [isCopied, setCopied] = useState(false);
  // The form with the focus is gone. The address is selected, so that it can also be copied by keyboard.
  useEffect(() => field.current?.select(), []);
  const copy = async () => {
    await navigator.clipboard.writeText(url);
    setCopied(true);
  };
  return (
    <div class="notice good stack">
      <div class="field">
        <label for="feed">{texts.address}</label>
        <input id="feed" ref={field} dir="ltr" readOnly value={url} aria-describedby="feed-hint" />
        <small id="feed-hint">{texts.once}</small>
      </div>
      <div class="row">
        {/* Browsers have no clipboard for pages without HTTPS. */}
        {"clipboard" in navigator && <button type="button" onClick={copy}>{texts.copy}</button>}
        <a class="button" href={url.replace(/^https?/, "webcal")}>{texts.open}</a>
        <span class="faint" role="status">{isCopied && texts.copied}</span>
      </div>
      <ul>{texts.howTo.map((text) => <li key={text}>{text}</li>)}</ul>
    </div>
  );
}
