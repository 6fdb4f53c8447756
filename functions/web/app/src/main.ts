import "./start";
import "./ui/tokens.css";
import "./ui/base.css";
import "./ui/controls.css";
import "./ui/surfaces.css";

// Not a static import: `start` would then wait for the texts too. The page of the build preloads this module.
import("./run").catch(() => {
  // The texts may be what could not be loaded.
  const link = document.createElement("a");
  link.href = "";
  link.textContent = "This page could not be loaded. Load it again.";
  document.getElementById("app")!.replaceChildren(link);
});
