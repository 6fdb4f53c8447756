/** A phone number to call with a tap. */
export const PhoneLink = ({ phone }: { phone: string }) => (
  <a href={`tel:${phone.replace(/\s/g, "")}`}><bdi class="nowrap" dir="ltr">{phone}</bdi></a>
);
