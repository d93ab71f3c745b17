// Live totals of a form. The server computes them again; these only show what is coming.
//
//   <form data-sum data-decimals="2" data-currency="GBP">
//     <tr data-sum-row>  <input type="checkbox" data-sum-on>  <input data-sum-quantity>  <input data-sum-amount>  </tr>
//     <input data-sum-adjust>
//     <output data-sum-out="items">, "adjust", "total", "units", "lines"
//
// data-sum-amount holds the amount of the whole line; data-sum-unit="5.10" on the row means amount = unit × quantity
// as long as nobody has typed another amount. Integers of the smallest unit are added, so no cent is lost.
import { all, on, whenContent } from "./dom.js";

function parse(text, decimals) {
  const clean = String(text || "").trim().replace(/[\s\u00a0\u202f]/g, "").replace("\u2212", "-").replace(",", ".");
  if (!/^[+-]?\d*\.?\d*$/.test(clean) || clean === "" || clean === "-") return 0;
  return Math.round(Number(clean) * 10 ** decimals);
}

function line(row, decimals) {
  const box = row.querySelector("[data-sum-on]");
  const quantityField = row.querySelector("[data-sum-quantity]");
  const quantity = quantityField ? Math.max(0, Math.trunc(Number(quantityField.value) || 0)) : 1;
  if ((box && !box.checked) || (quantityField && quantity === 0)) return null;
  const amountField = row.querySelector("[data-sum-amount]");
  const unit = row.dataset.sumUnit;
  if (amountField && unit !== undefined && !("touched" in amountField.dataset) && quantityField) {
    amountField.value = ((parse(unit, decimals) * quantity) / 10 ** decimals).toFixed(decimals);
  }
  const amount = amountField ? parse(amountField.value, decimals) : unit === undefined ? 0 : parse(unit, decimals) * quantity;
  return { quantity, amount };
}

function refresh(form) {
  const decimals = Number(form.dataset.decimals || 2);
  const found = all("[data-sum-row]", form).map((row) => line(row, decimals)).filter(Boolean);
  const items = found.reduce((sum, one) => sum + one.amount, 0);
  const adjust = all("[data-sum-adjust]", form).reduce((sum, field) => sum + parse(field.value, decimals), 0);
  const language = document.documentElement.lang || undefined;
  const style = form.dataset.currency ? { style: "currency", currency: form.dataset.currency } : {};
  const money = new Intl.NumberFormat(language, { ...style, minimumFractionDigits: decimals, maximumFractionDigits: decimals });
  const say = (units) => money.format(units / 10 ** decimals).replace("-", "\u2212");
  const values = {
    items: say(items),
    adjust: say(adjust),
    total: say(items + adjust),
    lines: String(found.length),
    units: String(found.reduce((sum, one) => sum + one.quantity, 0)),
  };
  for (const out of all("[data-sum-out]", form)) out.textContent = values[out.dataset.sumOut] ?? "";
}

export function startSums() {
  on("input", "form[data-sum]", (event, form) => {
    if (event.target.matches("[data-sum-amount]")) event.target.dataset.touched = "";
    // Typing a quantity means the line is meant.
    if (event.target.matches("[data-sum-quantity]") && Number(event.target.value) > 0) {
      const box = event.target.closest("[data-sum-row]")?.querySelector("[data-sum-on]");
      if (box) box.checked = true;
    }
    refresh(form);
  });
  on("change", "form[data-sum]", (_event, form) => refresh(form));
  whenContent(() => {
    for (const form of all("form[data-sum]")) {
      for (const field of all("[data-sum-amount]", form)) if (field.value !== "" && !("sumAuto" in field.dataset)) field.dataset.touched = "";
      refresh(form);
    }
  });
}
