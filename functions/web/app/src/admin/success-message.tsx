/**
 * The message of a successful action. The element is on the page before it has a text, because screen readers may not
 * read out an element that is added together with its text.
 */
export const SuccessMessage = ({ text }: { text: string }) => <p role="status" class={text ? "notice good" : "message"}>{text}</p>;
