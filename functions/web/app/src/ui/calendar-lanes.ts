type Placed = { key: string; from: number; to: number };

/**
 * Places items that overlap side by side: returns for each its lane, and how many lanes there are at that time, as CSS
 * variables. `items` are in the order of their start.
 */
export function lanesOf(items: readonly Placed[]): Map<string, Record<string, number>> {
  const places = new Map<string, Record<string, number>>();
  let group: { item: Placed; lane: number }[] = [];
  const close = () => {
    const count = Math.max(...group.map(({ lane }) => lane)) + 1;
    for (const { item, lane } of group) places.set(item.key, { "--lane": lane, "--lanes": count });
    group = [];
  };
  for (const item of items) {
    if (group.length > 0 && group.every((other) => other.item.to <= item.from)) close();
    const taken = new Set(group.filter((other) => other.item.to > item.from).map(({ lane }) => lane));
    let lane = 0;
    while (taken.has(lane)) lane++;
    group.push({ item, lane });
  }
  if (group.length > 0) close();
  return places;
}
