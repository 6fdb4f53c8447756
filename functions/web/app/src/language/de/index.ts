import type { Messages } from "..";
import common from "./common";
import patient from "./patient";

export default { ...common, patient } satisfies Messages;
