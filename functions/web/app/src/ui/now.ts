import { useEffect, useState } from "preact/hooks";
import { now } from "../time";

/** How often what shows the present time is rendered again, in milliseconds. */
const INTERVAL = 30_000;

/** The present time, as a timestamp. Renders again as time passes. */
export function useNow(): string {
  const [time, setTime] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => setTime(now()), INTERVAL);
    return () => clearInterval(timer);
  }, []);
  return time;
}
