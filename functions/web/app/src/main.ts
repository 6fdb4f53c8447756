import "./start";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";

// Not a static import: `start` would then wait for the texts too. The page of the build preloads this module.
void import("./run");
