// The texts of staff's pages. Only modules of these pages import this one, so that patients do not load the texts.
import { loadStaffTexts } from "./files";

export const s = await loadStaffTexts();
