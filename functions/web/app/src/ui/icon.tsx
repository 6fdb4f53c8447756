/** The drawings of icons, in a square of 24 units. */
const ICONS = {
  brand: "M12 21s-8-4.6-8-11a5 5 0 0 1 8-4 5 5 0 0 1 8 4c0 6.4-8 11-8 11zM7 12h2.5l1.5-3 2 5 1.5-2H17",
  search: "M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zm9 16-4-4",
  calendar: "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 10h16M8 3v4m8-4v4",
  day: "M5 5h14a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1zM4 10h16M9 14h6",
  clock: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zm0 4v4l3 2",
  user: "M12 4a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM5 20c.6-3.4 3.400-5 7-5s6.400 1.600 7 5",
  users: "M9 5a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM3 19c.4-3 2.800-4.500 6-4.500s5.600 1.500 6 4.500M16 5.500a3.500 3.500 0 0 1 0 6.500m2 3c1.800.6 2.800 2 3 4",
  doctor: "M6 4v5a4 4 0 0 0 8 0V4M10 13v2a4.500 4.500 0 0 0 9 0v-2m0-3a1.500 1.500 0 1 0 0 3 1.500 1.500 0 0 0 0-3",
  previous: "m14 6-6 6 6 6",
  next: "m10 6 6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  check: "m5 12.500 4.500 4.500L19 7.500",
  plus: "M12 5v14M5 12h14",
  phone: "M6 4h3l1.500 4-2 1.500a11 11 0 0 0 6 6l1.500-2 4 1.500v3a2 2 0 0 1-2 2A14 14 0 0 1 4 6a2 2 0 0 1 2-2z",
  mail: "M4 6h16v12H4zm0 1 8 6 8-6",
  place: "M12 21s-6.500-5.600-6.500-11a6.500 6.500 0 0 1 13 0c0 5.400-6.500 11-6.500 11zm0-13.500a2.500 2.500 0 1 0 0 5 2.500 2.500 0 0 0 0-5z",
  download: "M12 4v11m-4.500-4 4.500 4.500 4.500-4.500M5 20h14",
  print: "M8 9V4h8v5M8 17H5a1 1 0 0 1-1-1v-6a1 1 0 0 1 1-1h14a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1h-3M8 14h8v6H8z",
  chart: "M5 20V10m5 10V4m5 16v-7m5 7V8",
  settings: "M4 7h10m4 0h2M4 17h2m4 0h10M16 5v4M8 15v4",
  list: "M8 6h12M8 12h12M8 18h12M4 6h.01M4 12h.01M4 18h.01",
  out: "M14 4h5v16h-5M4 12h11m-4-4 4 4-4 4",
  warning: "M12 4 2.500 20h19zm0 6v4m0 3v.01",
  language: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c-5 5-5 11 0 16 5-5 5-11 0-16",
} as const;
export type IconName = keyof typeof ICONS;
export const ICON_NAMES = Object.keys(ICONS) as IconName[];

/** A drawing beside a text that says the same, so screen readers skip it. Those that point are mirrored in Arabic. */
export function Icon({ name }: { name: IconName }) {
  const points = name === "previous" || name === "next" || name === "out";
  return (
    <svg class={points ? "icon mirrored" : "icon"} viewBox="0 0 24 24" aria-hidden="true"><path d={ICONS[name]} /></svg>
  );
}
