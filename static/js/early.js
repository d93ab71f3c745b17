// Runs before the first paint: tells the styles that scripts work, and applies the chosen appearance.
(function () {
  var root = document.documentElement;
  root.classList.add("js");
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  } catch (_) {
    // Storage is switched off: the system's appearance stays.
  }
})();
