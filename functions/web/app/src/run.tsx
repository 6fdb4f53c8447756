// Shows the app. It waits for the texts, which are loaded while `start.ts` has sent the first requests.
import { render } from "preact";
import { endStart } from "./api/client";
import { App } from "./app";

const root = document.getElementById("app")!;
root.replaceChildren();
endStart();
render(<App />, root);
