// Where the user was on a page, for the browser's back and forward buttons. The browser itself scrolls before the content of
// the page has loaded.
import { navigation } from "../navigation";

history.scrollRestoration = "manual";

const positions = new Map<string, number>();
let isTraversal = false;
navigation?.addEventListener("navigate", (event) => {
  isTraversal = (event as Event & { navigationType: string }).navigationType === "traverse";
});
addEventListener("scroll", () => navigation?.currentEntry && positions.set(navigation.currentEntry.key, scrollY), { passive: true });

/** How long to wait for the content of a page, in milliseconds. */
const LOAD_TIME = 3000;
let content: ResizeObserver | undefined;

/** Scrolls a page that the user returns to where it was, as soon as its content is that long. Scrolls a new page to its start. */
export function restoreScroll(): void {
  const position = isTraversal && navigation?.currentEntry ? (positions.get(navigation.currentEntry.key) ?? 0) : 0;
  isTraversal = false;
  content?.disconnect();
  scrollTo(0, 0);
  if (position === 0) return;
  const end = Date.now() + LOAD_TIME;
  const observer = new ResizeObserver(() => {
    const isLongEnough = document.documentElement.scrollHeight >= position + innerHeight;
    const isLate = Date.now() > end;
    if (isLongEnough && !isLate) scrollTo(0, position);
    if (isLongEnough || isLate) observer.disconnect();
  });
  content = observer;
  observer.observe(document.body);
}
