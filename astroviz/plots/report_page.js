// Light and dark ground: the page by its style sheet, the figures colour by colour.
(() => {
  const { painted, columns, swaps } = JSON.parse(document.getElementById("colours").textContent);
  const root = document.documentElement;
  const button = document.getElementById("ground");
  const both = new Map(swaps.flatMap(([light, dark]) => [[light, [light, dark]], [dark, [light, dark]]]));

  function model(id) {
    for (const one of Bokeh.documents) {
      const found = one.get_model_by_id(id);
      if (found != null) return found;
    }
    return null;
  }

  function paint(dark) {
    for (const [id, name, ...colours] of painted) {
      const found = model(id);
      if (found != null) found.setv({ [name]: colours[dark ? 1 : 0] });
    }
    for (const id of columns) {
      const found = model(id);
      if (found == null) continue;
      const fill = Array.from(found.data.fill, (c) => (both.get(c) ?? [c, c])[dark ? 1 : 0]);
      found.data = { ...found.data, fill };
    }
  }

  function show(dark) {
    root.classList.toggle("dark", dark);
    button.textContent = dark ? "Light ground" : "Dark ground";
    button.setAttribute("aria-pressed", String(dark));
    paint(dark);
  }

  button.addEventListener("click", () => show(!root.classList.contains("dark")));
  const wanted = matchMedia("(prefers-color-scheme: dark)").matches;
  (function wait() {
    if (typeof Bokeh !== "undefined" && Bokeh.documents.length > 0) show(wanted);
    else setTimeout(wait, 50);
  })();
})();
