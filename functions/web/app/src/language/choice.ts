// Which language the app is in. Separate from the texts, so that requests can start before the texts are loaded.

/** The languages of the app, by the name that speakers use. */
export const LANGUAGES = { en: "English", de: "Deutsch", ar: "العربية" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "language";
const isLanguage = (language: string): language is Language => language in LANGUAGES;
const preferred = [localStorage.getItem(KEY) ?? "", ...navigator.languages.map((tag) => tag.split("-")[0]!)];
export const language: Language = preferred.find(isLanguage) ?? "en";

/**
 * The locale for numbers and dates: the browser's first locale in the chosen language, or the language alone. Numbers and
 * times have the same digits everywhere: those that the language is used with on the web, which are Latin ones in Arabic too,
 * because phone numbers and typed numbers have them.
 */
const tag = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
export const locale = new Intl.Locale(tag, { numberingSystem: "latn" }).toString();

export const isRightToLeft = language === "ar";
document.documentElement.lang = language;
document.documentElement.dir = isRightToLeft ? "rtl" : "ltr";

/** Stores the choice of a language, and reloads the page in it. */
export function setLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

/** The options of a select for the language of messages: those of the app, and the current tag if it is another one. */
export const languageOptions = (current: string | null): (readonly [tag: string, name: string])[] => {
  const options = Object.entries(LANGUAGES);
  return current === null || current in LANGUAGES ? options : [...options, [current, current]];
};
