import "./contact.css";
import { t } from "../language";
import { Icon } from "./icon";
import { PhoneLink } from "./phone-link";

/** How to reach the clinic: its address, its phone number to call with a tap, and its email address. */
export function Contact({ clinic: { address, phone, email }, isInline = false }: {
  clinic: { address?: string | null; phone?: string | null; email?: string | null };
  /** Side by side, where there is room. */
  isInline?: boolean;
}) {
  if (!address && !phone && !email) return null;
  return (
    <ul class={isInline ? "contact inline" : "contact"} aria-label={t.ui.contact}>
      {address && <li><Icon name="place" /><bdi class="lines">{address}</bdi></li>}
      {phone && <li><Icon name="phone" /><PhoneLink phone={phone} /></li>}
      {email && <li><Icon name="mail" /><a href={`mailto:${email}`}><bdi>{email}</bdi></a></li>}
    </ul>
  );
}
