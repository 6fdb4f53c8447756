/** A bar for a number, next to its text. `most` is the number of the longest bar. */
export const Bar = ({ value, most }: { value: number; most: number }) => (
  <span class="bar" aria-hidden="true" style={{ inlineSize: `${(100 * value) / most}%` }} />
);
