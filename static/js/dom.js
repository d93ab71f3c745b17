// Small helpers. Handlers are bound to the document, so that content swapped in later needs nothing.

export function all(selector, root = document) {
  return [...root.querySelectorAll(selector)];
}

export function on(type, selector, handler, options) {
  document.addEventListener(
    type,
    (event) => {
      const target = event.target instanceof Element ? event.target.closest(selector) : null;
      if (target) handler(event, target);
    },
    options,
  );
}

// Runs now and whenever htmx has put something new on the page.
export function whenContent(run) {
  run(document);
  document.addEventListener("htmx:load", (event) => run(event.target));
}

export function typing(event) {
  const target = event.target;
  return target instanceof Element && (target.isContentEditable || target.closest("input:not([type=checkbox]), textarea, select") !== null);
}
