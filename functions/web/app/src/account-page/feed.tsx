import { useState } from "preact/hooks";
import { setOwnAccount, type OwnAccount } from "../account";
import { dataOf, DELETE, POST } from "../api/client";
import { t } from "../language";
import { Button, LinkButton } from "../ui/button";
import { CopyField } from "../ui/copy-field";
import { ErrorMessage } from "../ui/errors";
import { Check } from "../ui/field";
import { Form, type Values } from "../ui/form";
import { useAction } from "../ui/load";
import { Notice } from "../ui/notice";
import { toast } from "../ui/toast";
import { Section } from "./section";

/** The secret address at which calendar programs read the user's appointments. */
export function CalendarFeed({ account }: { account: OwnAccount }) {
  const texts = t.account.feed;
  const [url, setUrl] = useState("");
  const { busy, error, run } = useAction();
  const { feed } = account;
  const create = async ({ details }: Values) => {
    const body = { details: details !== undefined };
    const created = await dataOf(POST("/me/feed", { body }));
    setUrl(created.url);
    setOwnAccount({ ...account, feed: body });
  };
  const remove = () =>
    run(async () => {
      await dataOf(DELETE("/me/feed"));
      setUrl("");
      toast(texts.removed);
      setOwnAccount({ ...account, feed: null });
    });
  return (
    <Section title={texts.title}>
      <p class="faint">{texts.intro}</p>
      {url && <Created url={url} />}
      {feed && !url && <p>{feed.details ? texts.hasDetails : texts.hasNoDetails} {texts.onlyOnce}</p>}
      {!url && (
        <Form submit={feed ? texts.replace : texts.create} onSubmit={create}>
          <Check label={texts.details} hint={texts.detailsHint} name="details" defaultChecked={feed?.details ?? false} />
          {feed && <small>{texts.replaceHint}</small>}
        </Form>
      )}
      <ErrorMessage error={error} />
      {feed && <div class="row"><Button kind="danger" busy={busy} onClick={remove}>{texts.remove}</Button></div>}
    </Section>
  );
}

/** A new address, and how it gets into a calendar. Only this page has it. */
function Created({ url }: { url: string }) {
  const texts = t.account.feed;
  return (
    <Notice tone="good">
      <CopyField label={texts.address} hint={texts.once} value={url} copy={texts.copy} copied={texts.copied}>
        <LinkButton href={url.replace(/^https?/, "webcal")}>{texts.open}</LinkButton>
      </CopyField>
      <ul>{texts.howTo.map((text) => <li key={text}>{text}</li>)}</ul>
    </Notice>
  );
}
