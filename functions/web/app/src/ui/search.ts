/** How long the user has to stop typing before a search starts, in milliseconds. */
export const TYPING_PAUSE = 200;

/** How the search spells letters that Unicode does not decompose: letters with a stroke, and ligatures. */
const LETTERS: Record<string, string> = {
  ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", þ: "th", ħ: "h", ł: "l", ŋ: "n", ŧ: "t",
};

/**
 * Removes case, accents and strokes from a text, as the API's search does. Converts to upper case first, so that a
 * dotless i equals an i, and a final sigma equals a sigma.
 */
export const foldForSearch = (text: string): string =>
  text.normalize("NFKD").replace(/\p{Mn}/gu, "").toUpperCase().toLowerCase().replace(/./gu, (letter) => LETTERS[letter] ?? letter);

/** Returns whether a text contains every word of a search, in any order. */
export function matchesSearch(search: string, text: string): boolean {
  const folded = foldForSearch(text);
  return foldForSearch(search).split(/\s+/u).every((word) => folded.includes(word));
}
