// Light, dark, or as the system has it. Kept in this browser only.
import { all, on } from "./dom.js";

function read() {
  try {
    return localStorage.getItem("theme") || "auto";
  } catch {
    return "auto";
  }
}

function apply(theme) {
  const root = document.documentElement;
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
  try {
    if (theme === "auto") localStorage.removeItem("theme");
    else localStorage.setItem("theme", theme);
  } catch {
    // Storage is switched off: it holds until the next page.
  }
}

export function startTheme() {
  const theme = read();
  for (const group of all("[data-theme-toggle]")) {
    group.hidden = false;
    const choice = group.querySelector(`input[value="${theme}"]`);
    if (choice) choice.checked = true;
  }
  on("change", "[data-theme-toggle] input", (_event, input) => apply(input.value));
}
