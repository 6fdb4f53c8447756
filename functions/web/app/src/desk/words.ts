// What a caller says: a name, a phone number and a birth date, in any order. Imports no texts.
import { loadedClinic } from "../clinic";
import { locale } from "../language/choice";
import { parseDate, today } from "../time";

/** The parts of the typed words. Each is empty if the words do not have it. */
export type Caller = {
  /** The words for the search: all but the birth date. */
  q: string;
  /** As the API takes it: 1984-03-07. */
  birthDate: string;
  name: string;
  phone: string;
};

const ISO_DATE = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const LOCAL_DATE = /^(\d{1,2})([./-])(\d{1,2})\2(\d{4})$/;
/** A word of a phone number, such as (030) or 12-34. */
const PHONE_WORD = /^[+(]?\d[\d()/.-]*$/;
/** In the United States, 03/07/1984 is the seventh of March. */
const isMonthFirst = locale === "en-US";

/** Returns the date of a word like 7.3.1984, 07/03/1984 or 1984-03-07, or nothing if it is not a date of the past. */
export function dateIn(word: string): string | undefined {
  const iso = ISO_DATE.exec(word);
  const local = LOCAL_DATE.exec(word);
  if (!iso && !local) return undefined;
  const [first, second] = local ? [local[1]!, local[3]!] : [iso![3]!, iso![2]!];
  const [day, month] = isMonthFirst && local?.[2] === "/" ? [second, first] : [first, second];
  const year = local ? local[4]! : iso![1]!;
  const date = parseDate(`${year}-${month.padStart(2, "0")}-${day.padStart(2, "0")}`);
  return date && date.until(today()).sign >= 0 ? date.toString() : undefined;
}

/** Returns the parts of what was typed. */
export function callerOf(typed: string): Caller {
  const words = typed.trim().split(/\s+/u).filter(Boolean);
  const birthDate = words.map(dateIn).find((date) => date !== undefined) ?? "";
  const others = words.filter((word) => dateIn(word) === undefined);
  const isPhone = (word: string) => PHONE_WORD.test(word);
  // The API compares the digits of a word. A phone number in the middle of a name stays one number.
  const q = others.map((word) => (isPhone(word) ? word.replace(/\D/g, "") : word)).join(" ");
  return { q, birthDate, name: others.filter((word) => !isPhone(word)).join(" "), phone: others.filter(isPhone).join(" ") };
}

/** The country codes of one and two digits (ITU-T E.164). All others have three. */
const SHORT_CODES = /^(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58])/;
/** In Italy, the zero before a number is a part of it. */
const KEEPS_ZERO = ["39"];

/** Returns the country code of a phone number, which begins with a plus. */
function countryCodeOf(phone: string | null | undefined): string | undefined {
  const digits = phone?.trim().startsWith("+") ? phone.replace(/\D/g, "") : "";
  return digits ? (SHORT_CODES.exec(digits)?.[0] ?? digits.slice(0, 3)) : undefined;
}

/**
 * Returns a phone number with its country code. A number without one is of the clinic's country: 030 123456 is
 * +49 30 123456 in a German clinic. The clinic's country is that of its own phone number.
 */
export function withCountryCode(phone: string, clinicPhone = loadedClinic()?.phone): string {
  const number = phone.trim();
  if (number === "" || number.startsWith("+")) return number;
  if (number.startsWith("00")) return `+${number.slice(2).trim()}`;
  const code = countryCodeOf(clinicPhone);
  if (!code) return number;
  const isKept = KEEPS_ZERO.includes(code);
  return `+${code} ${isKept ? number : number.replace(/^\(?0\)?/, "")}`;
}
