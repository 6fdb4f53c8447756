import type { ComponentChildren } from "preact";
import "./calendar.css";
import { formatMinuteOfDay, MINUTES_OF_DAY } from "../time";
import type { Tone } from "./badge";
import { lanesOf } from "./calendar-lanes";
import { useGridKeys } from "./grid-keys";
import { Icon, type IconName } from "./icon";
import { inThisPage } from "./link";

/** A time range of a day, in minutes since midnight on the wall clock. */
export type Range = { from: number; to: number };

/** What can be turned on and off in an item without opening it. */
export type ItemAction = { text: string; label: string; icon: IconName; isOn: boolean; isBusy: boolean; onPress: () => void };

export type CalendarItem = Range & {
  /** Unique in its column, and the same after a refresh. */
  key: string;
  kind: "appointment" | "cancelled" | "free" | "off" | "slot";
  /** How an appointment went. */
  tone?: Tone | undefined;
  /** Whether the text is at the end of the item, and not at its start. */
  isTextAtEnd?: boolean;
  children: ComponentChildren;
  /** The name for screen readers, if the content does not say enough. */
  label?: string;
  /** A button beside the content. */
  action?: ItemAction | undefined;
  /** A link that opens the item. `onOpen` opens it in this page. */
  href?: string;
  onOpen?: () => void;
  /** If the user can drag the item. `onEnd` is called if it was not dropped on another item. */
  drag?: { onStart: () => void; onEnd: () => void } | undefined;
  /** If a dragged item can be dropped on this one. */
  onDrop?: () => void;
  isBusy?: boolean;
  isMoving?: boolean;
  /** Whether the keyboard skips it. */
  isSkipped?: boolean;
};

/** A day, or a doctor's day. `items` are in the order of time. */
export type CalendarColumn = {
  key: string;
  /** The name of the column for screen readers. */
  label: string;
  head: ComponentChildren;
  /** Where the title of the column leads. */
  link?: { href: string; text: string; isCurrent?: boolean } | undefined;
  working: readonly Range[];
  items: readonly CalendarItem[];
  /** The present minute, if the column is of the present day. */
  now: number | undefined;
};

/** From how many columns on a calendar scrolls sideways. */
const MANY = 8;
/** The scale is such that the shortest item has room for one line. It is between these lengths, in minutes. */
const SHORTEST = { least: 5, most: 15 };

/**
 * Days or doctors side by side along an axis of hours, or one day. On a narrow screen, a list by time. `scale` is the range
 * of hours. A grid of the ARIA Authoring Practices: it is one tab stop, and the arrow keys move by time and by column.
 */
export function Calendar({ label, columns, scale, isLoading = false }: {
  label: string;
  columns: readonly CalendarColumn[];
  scale: Range;
  isLoading?: boolean;
}) {
  const keys = useGridKeys(columns.map(stopsOf), columns.findIndex(({ now }) => now !== undefined));
  const lengths = columns.flatMap(({ items }) => items.map(({ from, to }) => to - from));
  const shortest = Math.max(SHORTEST.least, Math.min(SHORTEST.most, ...lengths));
  const hours = Array.from({ length: (scale.to - scale.from) / 60 + 1 }, (_, hour) => scale.from + hour * 60);
  const kind = columns.length === 1 ? "single" : columns.length < MANY ? "several" : "many";
  return (
    <div
      ref={keys.grid} class={`calendar ${kind}`} role="grid" aria-label={label} aria-busy={isLoading}
      style={{ "--first": scale.from, "--last": scale.to, "--shortest": shortest }} onKeyDown={keys.onKeyDown}
    >
      <div class="axis" aria-hidden="true">
        <div class="hours">
          {hours.map((minute) => <span key={minute} style={{ "--from": minute }}>{formatMinuteOfDay(minute)}</span>)}
        </div>
      </div>
      {columns.map((column) => <Column key={column.key} column={column} scale={scale} keys={keys} />)}
    </div>
  );
}

const idOf = (column: CalendarColumn, item?: CalendarItem) => (item ? `${column.key} ${item.key}` : column.key);
const idOfAction = (column: CalendarColumn, item: CalendarItem) => `${idOf(column, item)} action`;

/** What the keyboard reaches in a column: its title, if it is a link, and its items. */
const stopsOf = (column: CalendarColumn) => [
  ...(column.link ? [{ id: idOf(column) }] : []),
  ...column.items.filter(({ isSkipped }) => !isSkipped).flatMap((item) => [
    { id: idOf(column, item), from: item.from },
    ...(item.action ? [{ id: idOfAction(column, item), from: item.from }] : []),
  ]),
];

type Keys = ReturnType<typeof useGridKeys>;
type Stop = ReturnType<Keys["stop"]>;

function Column({ column, scale, keys }: { column: CalendarColumn; scale: Range; keys: Keys }) {
  const { label, head, link, working, items, now } = column;
  const lanes = lanesOf(items.filter(({ kind }) => kind === "appointment" || kind === "cancelled"));
  return (
    <div class="column" role="row" aria-label={label}>
      <div class="head" role="rowheader">
        {link && (
          <h2>
            <a href={link.href} aria-current={link.isCurrent ? "date" : undefined} {...keys.stop(idOf(column))}><bdi>{link.text}</bdi></a>
          </h2>
        )}
        {head}
      </div>
      <div class="body">
        {working.map((range) => <div key={range.from} class="ground" style={placeOf(range, scale)} />)}
        {items.map((item) => {
          const place = { ...placeOf(item, scale), ...lanes.get(item.key) };
          const stops = [keys.stop(idOf(column, item)), keys.stop(idOfAction(column, item))] as const;
          return <Item key={item.key} item={item} place={place} stops={stops} />;
        })}
        {now !== undefined && now > scale.from && now < scale.to && <div class="now" style={{ "--from": now }} />}
      </div>
    </div>
  );
}

/** The visible part of a range. */
function placeOf({ from, to }: Range, scale: Range): Record<string, number> {
  const start = Math.max(from, scale.from);
  return { "--from": start, "--length": Math.max(0, Math.min(to, scale.to) - start) };
}

/** An item of a column: a link, a button, or text. Links can be dragged, which not all browsers allow for buttons. */
function Item({ item, place, stops: [stop, actionStop] }: {
  item: CalendarItem;
  place: Record<string, number>;
  /** What the keyboard reaches: the item and its action. */
  stops: readonly [Stop, Stop];
}) {
  const { kind, tone, children, label, href, onOpen, isBusy, isMoving, isTextAtEnd, action } = item;
  const classes = ["event", tone, isMoving && "moving", isTextAtEnd && "text-at-end"];
  const look = { class: classes.filter(Boolean).join(" "), "aria-label": label };
  const cell = { class: `cell ${kind}`, role: "gridcell" as const, style: place };
  if (href) {
    const click = onOpen && inThisPage(onOpen);
    return (
      <div {...cell}>
        <a {...look} {...stop} {...dragOf(item)} href={href} onClick={click}>{children}</a>
        {action && <Action action={action} stop={actionStop} />}
      </div>
    );
  }
  if (onOpen) {
    const click = () => !isBusy && onOpen();
    const button = { ...look, ...stop, ...dropOf(item), "aria-disabled": isBusy, onClick: click };
    return <div {...cell}><button type="button" {...button}>{children}</button></div>;
  }
  return <div {...cell} {...stop} aria-label={label}><div class={look.class}>{children}</div></div>;
}

const Action = ({ action: { text, label, icon, isOn, isBusy, onPress }, stop }: { action: ItemAction; stop: Stop }) => (
  <button
    type="button" class="action" aria-label={label} title={text} aria-pressed={isOn} aria-disabled={isBusy} {...stop}
    onClick={() => !isBusy && onPress()}
  >
    <Icon name={icon} /> <span>{text}</span>
  </button>
);

const dragOf = ({ drag }: CalendarItem) => ({
  draggable: drag !== undefined,
  onDragStart: (event: DragEvent) => {
    event.dataTransfer!.effectAllowed = "move";
    drag?.onStart();
  },
  onDragEnd: (event: DragEvent) => event.dataTransfer!.dropEffect === "none" && drag?.onEnd(),
});

const dropOf = ({ onDrop }: CalendarItem) => ({
  onDragOver: (event: DragEvent) => {
    if (!onDrop) return;
    event.preventDefault();
    event.dataTransfer!.dropEffect = "move";
    (event.currentTarget as Element).classList.add("over");
  },
  onDragLeave: (event: DragEvent) => (event.currentTarget as Element).classList.remove("over"),
  onDrop: (event: DragEvent) => {
    event.preventDefault();
    (event.currentTarget as Element).classList.remove("over");
    onDrop?.();
  },
});

/** Returns the range of whole hours that includes all ranges: the hours that a calendar shows. */
export function scaleOf(ranges: readonly Range[]): Range {
  const all = ranges.length > 0 ? ranges : [{ from: 8 * 60, to: 18 * 60 }];
  const hours = (minutes: number, round: (hours: number) => number) => round(minutes / 60) * 60;
  return {
    from: hours(Math.min(...all.map(({ from }) => from)), Math.floor),
    to: Math.min(hours(Math.max(...all.map(({ to }) => to)), Math.ceil), MINUTES_OF_DAY),
  };
}
