/** Letters with a stroke or a hook, and two in one, as they are searched for: those of the languages that have them. */
const LETTERS: Record<string, string> = { ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ħ: "h", ł: "l", ŋ: "n", ŧ: "t" };

/** A text without case, accents and strokes, as the API searches. (Upper case first: a dotless i is an i, a final sigma one too.) */
export const folded = (text: string): string =>
  text.normalize("NFKD").replace(/\p{Mn}/gu, "").toUpperCase().toLowerCase().replace(/./gu, (letter) => LETTERS[letter] ?? letter);

/** Whether every word of what is searched for is in a text. */
export function finds(search: string, text: string): boolean {
  const within = folded(text);
  return folded(search).split(/\s+/u).every((word) => within.includes(word));
}
