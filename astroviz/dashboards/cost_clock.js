// What each way has done since the page was opened, counted here: the server has nothing to do.

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...children)
  return node
}

function count(number) {
  if (number >= 1e6) { return number.toLocaleString("en", {maximumSignificantDigits: 4}) }
  if (number >= 1) { return Math.floor(number).toLocaleString("en") }
  return number.toPrecision(2)
}

export function render({model, el}) {
  const began = performance.now()
  const body = make("tbody")
  const caption = make("caption")
  const head = make("tr")
  for (const words of ["", "done since you opened this", "the whole survey", ""]) {
    head.append(make("th", {textContent: words, scope: "col"}))
  }
  let cells = []
  const build = () => {
    cells = []
    body.replaceChildren(...JSON.parse(model.ways).map((way) => {
      const done = make("td", {className: "number"})
      const bar = make("div", {className: "bar"})
      cells.push({way, done, bar})
      return make("tr", {title: way.source, className: way.ours ? "ours" : ""},
        make("th", {textContent: way.name, scope: "row"}), done,
        make("td", {className: "number", textContent: way.whole}),
        make("td", {className: "way"}, bar))
    }))
    tick()
  }
  const tick = () => {
    const seconds = (performance.now() - began) / 1000
    caption.textContent = `One processor at work for ${seconds.toFixed(0)} s`
    for (const {way, done, bar} of cells) {
      const number = Math.min(way.rate * seconds, way.galaxies)
      done.textContent = count(number)
      const share = Math.log10(1 + number) / Math.log10(1 + way.galaxies)
      bar.style.width = `${(100 * share).toFixed(1)}%`
    }
  }
  model.on("ways", build)
  const table = make("table", {}, caption, make("thead", {}, head), body)
  el.append(make("div", {className: "clock"}, table))
  build()
  const timer = setInterval(tick, 200)
  model.on("remove", () => clearInterval(timer))
}
