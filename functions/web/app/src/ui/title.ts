import { useEffect } from "preact/hooks";

/** Sets the page's title, for the browser's tab and history, and for screen readers. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Rounds`;
  }, [title]);
}
