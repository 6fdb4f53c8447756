import { useEffect } from "preact/hooks";
import { useLoadedClinic } from "../clinic";

/** Sets the page's title, for the browser's tab and history, and for screen readers. */
export function useTitle(title: string): void {
  const clinic = useLoadedClinic()?.name ?? "Rounds";
  useEffect(() => {
    document.title = `${title} · ${clinic}`;
  }, [title, clinic]);
}
