// A file input that also takes what is dropped on it, and names what it holds.
import { on } from "./dom.js";

function describe(input) {
  const place = input.closest("[data-drop]").querySelector("[data-drop-files]");
  const size = new Intl.NumberFormat(document.documentElement.lang || undefined, { maximumFractionDigits: 1 });
  place.textContent = [...input.files].map((file) => `${file.name} (${size.format(file.size / 1048576)} MB)`).join("\n");
}

export function startFiles() {
  on("change", "[data-drop] input[type=file]", (_event, input) => describe(input));
  on("dragover", "[data-drop]", (event, zone) => {
    event.preventDefault();
    zone.dataset.over = "";
  });
  on("dragleave", "[data-drop]", (event, zone) => {
    if (!zone.contains(event.relatedTarget)) delete zone.dataset.over;
  });
  on("drop", "[data-drop]", (event, zone) => {
    event.preventDefault();
    delete zone.dataset.over;
    const input = zone.querySelector("input[type=file]");
    if (!event.dataTransfer.files.length) return;
    const kept = new DataTransfer();
    for (const file of event.dataTransfer.files) {
      kept.items.add(file);
      if (!input.multiple) break;
    }
    input.files = kept.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
}
