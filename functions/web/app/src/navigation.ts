type Entry = { key: string; index: number };
type Navigation = EventTarget & { currentEntry: Entry | null };

/** The part of the Navigation API that says where the browser is in its history. Older browsers do not have it. */
export const navigation = (globalThis as { navigation?: Navigation }).navigation;
