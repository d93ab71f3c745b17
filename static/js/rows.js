// Lists: rows that open on click, select all, ranges with shift, and the bar that acts on what is selected.
import { all, on, whenContent } from "./dom.js";

let last = null;

function boxes(table) {
  return all("[data-select-row]:not(:disabled)", table);
}

export function refresh() {
  for (const table of all("table")) {
    const head = table.querySelector("[data-select-all]");
    if (!head) continue;
    const list = boxes(table);
    const checked = list.filter((box) => box.checked).length;
    head.checked = checked > 0 && checked === list.length;
    head.indeterminate = checked > 0 && checked < list.length;
  }
  for (const bar of all("[data-bulk]")) {
    const chosen = all(`[data-select-row]:checked`).filter((box) => box.form && box.form.id === bar.dataset.bulk).length;
    const everything = bar.querySelector("[data-bulk-everything]");
    const counter = bar.querySelector("[data-bulk-count]");
    if (chosen === 0 && everything) everything.checked = false;
    const whole = everything && everything.checked;
    counter.textContent = Number(whole ? counter.dataset.total : chosen).toLocaleString(document.documentElement.lang || undefined);
    bar.toggleAttribute("data-active", chosen > 0);
  }
}

export function startRows() {
  on("change", "[data-select-all]", (_event, head) => {
    for (const box of boxes(head.closest("table"))) box.checked = head.checked;
    refresh();
  });

  on("click", "[data-select-row]", (event, box) => {
    const list = boxes(box.closest("table"));
    if (event.shiftKey && last && list.includes(last)) {
      const [from, to] = [list.indexOf(last), list.indexOf(box)].sort((a, b) => a - b);
      for (const between of list.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    refresh();
  });

  on("change", "[data-select-row], [data-bulk-everything]", refresh);

  on("click", "tr[data-href]", (event, row) => {
    if (event.target.closest("a, button, input, select, textarea, label, summary, details, dialog")) return;
    if (getSelection() && String(getSelection())) return;
    if (event.metaKey || event.ctrlKey) window.open(row.dataset.href, "_blank", "noopener");
    else location.assign(row.dataset.href);
  });

  whenContent(refresh);
  addEventListener("pageshow", refresh);
}
