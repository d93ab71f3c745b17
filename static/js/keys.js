// Keys: "/" searches, "?" tells the keys; on a list j and k move, x selects, Enter opens.
import { all, typing } from "./dom.js";
import { refresh } from "./rows.js";

function rows() {
  return all("table[data-list-keys] tbody tr[data-row]");
}

function move(step) {
  const list = rows();
  if (!list.length) return;
  const at = list.findIndex((row) => "active" in row.dataset);
  const next = Math.min(Math.max(at + step, 0), list.length - 1);
  if (at >= 0) delete list[at].dataset.active;
  list[next].dataset.active = "";
  list[next].scrollIntoView({ block: "nearest" });
  const target = list[next].querySelector("a[href]");
  if (target) target.focus({ preventScroll: true });
}

export function startKeys() {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.metaKey || event.ctrlKey || event.altKey || typing(event)) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "/") {
      const field = document.querySelector("[data-shortcut='/']");
      if (!field) return;
      event.preventDefault();
      field.focus();
      field.select();
      return;
    }
    if (event.key === "?") {
      const help = document.querySelector("[data-keys-help]");
      if (!help) return;
      event.preventDefault();
      help.click();
      return;
    }
    const active = document.querySelector("tr[data-row][data-active]");
    if (event.key === "j") move(1);
    else if (event.key === "k") move(-1);
    else if (event.key === "x" && active) {
      const box = active.querySelector("[data-select-row]:not(:disabled)");
      if (box) {
        box.checked = !box.checked;
        refresh();
      }
    } else if (event.key === "Enter" && active && active.dataset.href && document.activeElement === document.body) {
      location.assign(active.dataset.href);
    } else return;
    if (event.key !== "Enter") event.preventDefault();
  });
}
