/** A phone number to call with a tap. */
export const PhoneLink = ({ phone }: { phone: string }) => (
  <a href={`tel:${phone.replace(/\s/g, "")}`}><bdi dir="ltr">{phone}</bdi></a>
);
