/** Forms of a text. `zero` is used for 0 in every language. */
type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

/**
 * Returns a function that picks the form of a text for a number (plural rules of the Unicode CLDR). A `#` in the form is
 * replaced by the number, with a plus if there are more than that: "20+ appointments".
 */
export function plural(language: string) {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language, { numberingSystem: "latn" });
  // In a text from right to left, the plus would be before the number.
  const [start, end] = language === "ar" ? ["\u2066", "\u2069"] : ["", ""];
  return (count: number, forms: Forms, hasMore = false): string => {
    const form = (count === 0 ? forms.zero : forms[rules.select(hasMore ? count + 1 : count)]) ?? forms.other;
    const number = numbers.format(count);
    return form.replace("#", hasMore ? `${start}${number}+${end}` : number);
  };
}
