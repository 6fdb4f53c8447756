import "./start";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";
import { render } from "preact";
import { endStart } from "./api/client";
import { App } from "./app";

const root = document.getElementById("app")!;
root.replaceChildren();
endStart();
render(<App />, root);
