/** Picks the form that a language has for a number (Unicode CLDR's plural rules). */
export const plural =
  (language: string) =>
  (count: number, forms: Partial<Record<Intl.LDMLPluralRule, string>> & { other: string }): string =>
    (forms[new Intl.PluralRules(language).select(count)] ?? forms.other).replace("#", new Intl.NumberFormat(language).format(count));
