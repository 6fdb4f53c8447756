// The texts in the user's language.
import { locale } from "./choice";
import { loadTexts, type Messages } from "./files";

export { isRightToLeft, language, languageOptions, LANGUAGES, locale, setLanguage, type Language } from "./choice";
export type { Messages, StaffMessages } from "./files";

const numbers = new Intl.NumberFormat(locale);
export const formatNumber = (number: number): string => numbers.format(number);

/** The texts of all pages but those of staff. */
export const t: Messages = await loadTexts();
