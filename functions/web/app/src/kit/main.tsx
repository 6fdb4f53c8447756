// The page `/web/kit`, which only development builds have: all components of the design system.
import "../ui/tokens.css";
import "../ui/base.css";
import "../ui/controls.css";
import "../ui/surfaces.css";
import { render } from "preact";
import { Kit } from "./kit";

render(<Kit />, document.getElementById("app")!);
