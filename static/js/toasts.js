// Messages can be put away. They never vanish by themselves: not everybody reads that fast.
import { all, on } from "./dom.js";

export function startToasts() {
  for (const button of all("[data-toast-close]")) button.hidden = false;
  on("click", "[data-toast-close]", (_event, button) => button.closest("[data-toast]").remove());
}
