import { t } from "./language";
import { hrefTo } from "./route";
import { LinkButton } from "./ui/button";
import { useTitle } from "./ui/title";

/** The page for an unknown route. */
export function NotFound() {
  useTitle(t.ui.notFound);
  return (
    <section class="page narrow">
      <h1>{t.ui.notFound}</h1>
      <p>{t.ui.notFoundText}</p>
      <LinkButton kind="primary" href={hrefTo()}>{t.ui.home}</LinkButton>
    </section>
  );
}
