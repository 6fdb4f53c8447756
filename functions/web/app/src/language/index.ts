// The reader's language. Another is a folder beside these two, with every message that `en` has, and a line here.
import en from "./en";

/** Every text that is shown, by view. */
export type Messages = typeof en;

const LANGUAGES = {
  en: { name: "English", load: () => Promise.resolve(en) },
  ar: { name: "العربية", load: () => import("./ar").then((module): Messages => module.default) },
};
export type Language = keyof typeof LANGUAGES;
export const languages = Object.entries(LANGUAGES).map(([id, { name }]) => ({ id: id as Language, name }));

const KEY = "language";
const known = (language: string): language is Language => language in LANGUAGES;
const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages.map((tag) => tag.split("-")[0]!)];
export const language: Language = wanted.find(known) ?? "en";

/** How numbers and dates are written: as the reader's own region does, where it speaks the language. */
export const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

/** The texts of the reader's language. */
export const t: Messages = await LANGUAGES[language].load();

document.documentElement.lang = language;
document.documentElement.dir = new Set(["ar", "fa", "he", "ur"]).has(language) ? "rtl" : "ltr";

export function speak(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

const numbers = new Intl.NumberFormat(locale);
export const showNumber = (number: number): string => numbers.format(number);
