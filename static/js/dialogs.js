// Opens <dialog> elements as real modal dialogs. Without this the address (#id) shows them.
import { all, on } from "./dom.js";

let opener = null;

function show(dialog, from) {
  if (dialog.open) return;
  opener = from || null;
  dialog.showModal();
  const first = dialog.querySelector("[autofocus], .dialog__body :is(input:not([type=hidden]), select, textarea)");
  if (first) first.focus();
}

export function startDialogs() {
  on("click", "[data-dialog-open]", (event, link) => {
    const dialog = document.getElementById(link.dataset.dialogOpen);
    if (!(dialog instanceof HTMLDialogElement) || event.metaKey || event.ctrlKey) return;
    event.preventDefault();
    show(dialog, link);
  });

  on("keydown", "a[role=button]", (event, link) => {
    if (event.key === " ") {
      event.preventDefault();
      link.click();
    }
  });

  on("click", "[data-dialog-close]", (event, link) => {
    event.preventDefault();
    link.closest("dialog").close();
  });

  // A press on the darkened page around it closes it.
  on("mousedown", "dialog[data-dialog]", (event, dialog) => {
    if (event.target !== dialog) return;
    const box = dialog.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside) dialog.close();
  });

  document.addEventListener(
    "close",
    (event) => {
      if (!(event.target instanceof HTMLDialogElement)) return;
      if (opener) opener.focus();
      opener = null;
    },
    true,
  );

  // A page that comes back with errors inside a dialog shows that dialog at once.
  for (const dialog of all("dialog[data-dialog]")) {
    if (dialog.querySelector("[aria-invalid=true]") || location.hash === `#${dialog.id}`) {
      if (location.hash === `#${dialog.id}`) history.replaceState(null, "", location.pathname + location.search);
      show(dialog, null);
      break;
    }
  }
}
