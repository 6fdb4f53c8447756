// The user's language. To add a language: add a folder with every text that `en` has, and a line to LANGUAGES.
import en from "./en";

/** All texts of the pages, by view. */
export type Messages = typeof en;

const LANGUAGES = {
  en: { name: "English", load: () => Promise.resolve(en) },
  ar: { name: "العربية", load: () => import("./ar").then((module): Messages => module.default) },
};
export type Language = keyof typeof LANGUAGES;
export const languages = Object.entries(LANGUAGES).map(([id, { name }]) => ({ id: id as Language, name }));

/** The options of a select for the language of messages: those of the app, and the current tag if it is another one. */
export const languageOptions = (current: string | null): (readonly [tag: string, name: string])[] => {
  const options = languages.map(({ id, name }) => [id as string, name] as const);
  return current === null || current in LANGUAGES ? options : [...options, [current, current]];
};

const KEY = "language";
const isLanguage = (language: string): language is Language => language in LANGUAGES;
const preferred = [localStorage.getItem(KEY) ?? "", ...navigator.languages.map((tag) => tag.split("-")[0]!)];
export const language: Language = preferred.find(isLanguage) ?? "en";

/** The locale for numbers and dates: the browser's first locale in the chosen language, or the language alone. */
export const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;

/** The texts in the user's language. */
export const t: Messages = await LANGUAGES[language].load();

document.documentElement.lang = language;
document.documentElement.dir = new Set(["ar", "fa", "he", "ur"]).has(language) ? "rtl" : "ltr";

/** Stores the choice of a language, and reloads the page in it. */
export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

const numbers = new Intl.NumberFormat(locale);
export const formatNumber = (number: number): string => numbers.format(number);
