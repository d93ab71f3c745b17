// Forms: one submit at a time, filters that apply themselves, the summary of errors gets the focus.
import { all, on } from "./dom.js";

function release(form) {
  delete form.dataset.sent;
  for (const button of [...form.elements, ...all("[data-busy]", form)]) {
    if (button.dataset && "busy" in button.dataset) {
      delete button.dataset.busy;
      button.removeAttribute("aria-busy");
    }
  }
}

export function startForms() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || !("guard" in form.dataset) || event.defaultPrevented) return;
    if ("sent" in form.dataset) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "";
    const button = event.submitter;
    if (button) {
      button.dataset.busy = "";
      button.setAttribute("aria-busy", "true");
    }
    // A download answers without leaving the page: do not stay locked for ever.
    setTimeout(() => release(form), 8000);
  });

  // Coming back by the browser's own button finds every form ready again.
  addEventListener("pageshow", () => all("form[data-guard]").forEach(release));
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.target instanceof HTMLFormElement) release(event.target);
  });

  // On a narrow screen the filters are a sheet with its own button.
  on("change", "form[data-autosubmit]", (_event, form) => {
    if (!form.matches(":popover-open")) form.requestSubmit();
  });

  // Empty values and the untouched keep the address of a filtered list short.
  document.addEventListener("formdata", (event) => {
    if (!(event.target instanceof HTMLFormElement) || event.target.method !== "get") return;
    for (const [key, value] of [...event.formData.entries()]) {
      if (value === "") event.formData.delete(key);
    }
  });

  const summary = document.querySelector("[data-error-summary]");
  if (summary && !summary.closest("[data-sample]")) summary.focus({ preventScroll: false });

  on("click", "[data-error-summary] a[href^='#']", (event, link) => {
    const field = document.getElementById(link.hash.slice(1));
    if (!field) return;
    event.preventDefault();
    field.scrollIntoView({ block: "center" });
    field.focus({ preventScroll: true });
  });
}
