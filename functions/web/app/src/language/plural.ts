/** Returns a function that picks the form of a text for a number (plural rules of the Unicode CLDR). */
export const plural =
  (language: string) =>
  (count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string =>
    (forms[new Intl.PluralRules(language).select(count)] ?? forms.other).replace("#", new Intl.NumberFormat(language).format(count));
