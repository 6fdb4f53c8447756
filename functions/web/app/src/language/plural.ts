/**
 * Returns a function that picks the form of a text for a number (plural rules of the Unicode CLDR). A `#` in the form is
 * replaced by the number.
 */
export function plural(language: string) {
  const rules = new Intl.PluralRules(language);
  const numbers = new Intl.NumberFormat(language, { numberingSystem: "latn" });
  return (count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string =>
    (forms[rules.select(count)] ?? forms.other).replace("#", numbers.format(count));
}
