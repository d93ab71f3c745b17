// Menus are <details>. Here they learn to close and to be walked with the arrow keys.
import { all, on } from "./dom.js";

function openMenus() {
  return all("details[data-menu][open]");
}

function entries(menu) {
  return all("a.menu__item, button.menu__item:not(:disabled)", menu);
}

function close(menu, giveFocusBack) {
  menu.open = false;
  if (giveFocusBack) menu.querySelector("summary").focus();
}

// A menu that would leave the screen at the bottom opens upwards instead.
function place(menu) {
  const panel = menu.querySelector(".menu__panel");
  panel.classList.remove("menu__panel--up");
  const box = panel.getBoundingClientRect();
  const room = menu.getBoundingClientRect().top;
  if (box.bottom > window.innerHeight - 8 && room > box.height + 16) panel.classList.add("menu__panel--up");
}

export function startMenus() {
  document.addEventListener("click", (event) => {
    for (const menu of openMenus()) {
      if (!menu.contains(event.target)) close(menu, false);
    }
  });

  document.addEventListener(
    "toggle",
    (event) => {
      if (event.target.matches?.("details[data-menu][open]")) place(event.target);
    },
    true,
  );

  on("keydown", "details[data-menu]", (event, menu) => {
    if (event.key === "Escape" && menu.open) {
      event.stopPropagation();
      close(menu, true);
      return;
    }
    if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
    if (event.target.matches("input")) return;
    event.preventDefault();
    if (!menu.open) menu.open = true;
    const list = entries(menu);
    if (!list.length) return;
    const at = list.indexOf(document.activeElement);
    const step = event.key === "ArrowDown" ? 1 : -1;
    const next = at === -1 ? (step === 1 ? 0 : list.length - 1) : (at + step + list.length) % list.length;
    list[next].focus();
  });

  on("click", "details[data-menu] [data-dialog-open]", (_event, target) => close(target.closest("details"), false));
}
