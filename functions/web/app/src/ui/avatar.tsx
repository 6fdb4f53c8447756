/** Titles before a name, which say nothing about the person. */
const TITLES = /^(dr|prof|mr|mrs|ms|med|herr|frau|د)\.?$/i;

/** Returns the first letters of a person's first and last name. */
function initialsOf(name: string): string {
  const words = name.split(/\s+/u).filter((word) => word && !TITLES.test(word));
  const first = [...(words[0] ?? name)][0] ?? "";
  const last = words.length > 1 ? ([...words.at(-1)!][0] ?? "") : "";
  return (first + last).toUpperCase();
}

const COLOURS = 6;

/** In place of a photo: the initials of a person, on a colour that belongs to the name. Screen readers read the name beside it. */
export function Avatar({ name, size = "" }: { name: string; size?: "small" | "large" | "" }) {
  const number = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 9973, 7);
  return <span class={`avatar ${size} tint-${(number % COLOURS) + 1}`} aria-hidden="true">{initialsOf(name)}</span>;
}
