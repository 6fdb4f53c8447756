// The files of the languages. A language is a folder with a file for patients' pages, which everybody needs, and one for the
// pages of staff. Each file is loaded when it is first used.
import { language, type Language } from "./choice";

export type Messages = typeof import("./en").default;
export type StaffMessages = typeof import("./en/staff").default;

const FILES: Record<Language, { everyone: () => Promise<{ default: Messages }>; staff: () => Promise<{ default: StaffMessages }> }> = {
  en: { everyone: () => import("./en"), staff: () => import("./en/staff") },
  de: { everyone: () => import("./de"), staff: () => import("./de/staff") },
  ar: { everyone: () => import("./ar"), staff: () => import("./ar/staff") },
};

/** Loads the texts of all pages but those of staff. The index exports them. */
export const loadTexts = async (): Promise<Messages> => (await FILES[language].everyone()).default;

/** Loads the texts of staff's pages. `./staff` exports them. */
export const loadStaffTexts = async (): Promise<StaffMessages> => (await FILES[language].staff()).default;
