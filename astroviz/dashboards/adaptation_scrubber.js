// A film of a training: play, a slider over its frames, and every figure as a small curve.

/** A message that was not answered for so long (ms) no longer holds the next one back. */
const PATIENCE = 3000
/** Time that a frame is shown for while the film plays (ms). */
const SHOWN = 550
const [WIDE, HIGH] = [92, 24]
const SVG = "http://www.w3.org/2000/svg"

function shape(tag, props) {
  const node = document.createElementNS(SVG, tag)
  for (const [key, value] of Object.entries(props)) { node.setAttribute(key, value) }
  return node
}

/** One figure: its name, its number at the frame, its curve with a dot. */
class Tile {
  constructor(figure) {
    this.figure = figure
    const known = figure.values.filter((v) => v != null)
    const [low, high] = [Math.min(...known), Math.max(...known)]
    const span = Math.max(high - low, 1e-9)
    const last = Math.max(figure.values.length - 1, 1)
    this.x = (k) => 3 + (WIDE - 6) * k / last
    this.y = (v) => HIGH - 3 - (HIGH - 6) * (v - low) / span
    const points = figure.values.flatMap((v, k) => v == null ? [] : [`${this.x(k).toFixed(1)},${this.y(v).toFixed(1)}`])
    this.dot = shape("circle", {r: 3, class: "dot"})
    const picture = shape("svg", {width: WIDE, height: HIGH, viewBox: `0 0 ${WIDE} ${HIGH}`, "aria-hidden": "true"})
    picture.append(shape("polyline", {points: points.join(" "), class: "curve"}), this.dot)
    this.number = make("b")
    this.el = make("div", {className: "tile"}, make("span", {className: "name", textContent: figure.name}), make("span", {className: "both"}, this.number, picture))
  }

  show(frame) {
    const value = this.figure.values[frame]
    this.number.textContent = value == null ? "–" : value.toFixed(this.figure.digits)
    this.dot.style.display = value == null ? "none" : ""
    if (value != null) {
      this.dot.setAttribute("cx", this.x(frame))
      this.dot.setAttribute("cy", this.y(value))
    }
  }
}

export function render({model, el}) {
  let film = {steps: [0], figures: []}
  let tiles = []
  let [frame, wanted, number, told, playing] = [0, null, 0, 0, null]
  const slider = make("input", {type: "range", min: 0, step: 1, "aria-label": "Training step", oninput: () => go(Number(slider.value))})
  const play = make("button", {className: "play", onclick: () => playing == null ? start() : stop()})
  const step = make("span", {className: "step", role: "status"})
  const hint = make("span", {className: "hint", textContent: "Drag the scrubber, or press play."})
  const ticks = make("div", {className: "ticks", "aria-hidden": "true"})
  const box = make("div", {className: "tiles"})

  function draw() {
    slider.value = frame
    const words = `step ${film.steps[frame] ?? 0} of ${film.steps.at(-1) ?? 0}`
    step.textContent = words
    slider.setAttribute("aria-valuetext", words)
    for (const tile of tiles) { tile.show(frame) }
    play.textContent = playing == null ? "▶" : "❚❚"
    play.setAttribute("aria-label", playing == null ? "Play the training" : "Pause the training")
  }
  /** Go to a frame: here at once, in the panels as soon as the last picture was sent. */
  function go(to) {
    frame = Math.max(0, Math.min(to, film.steps.length - 1))
    wanted = frame
    draw()
    tell()
  }
  function tell() {
    const waits = number > model.heard && performance.now() - told < PATIENCE
    if (wanted == null || waits) { return }
    number += 1
    told = performance.now()
    model.send_msg({frame: wanted, number})
    wanted = null
  }
  function start() {
    if (frame >= film.steps.length - 1) { go(0) }
    playing = setInterval(() => {
      if (number > model.heard && performance.now() - told < PATIENCE) { return }
      if (frame >= film.steps.length - 1) { stop() } else { go(frame + 1) }
    }, SHOWN)
    draw()
  }
  function stop() {
    clearInterval(playing)
    playing = null
    draw()
  }
  function read() {
    film = {steps: [0], figures: [], ...JSON.parse(model.film)}
    slider.max = film.steps.length - 1
    slider.disabled = play.disabled = film.steps.length < 2
    const last = Math.max(film.steps.length - 1, 1)
    ticks.replaceChildren(...film.steps.map((s, k) => {
      const tick = make("i", {title: `step ${s}`})
      tick.style.left = `calc(8px + (100% - 16px) * ${k / last})`
      return tick
    }))
    tiles = film.figures.map((figure) => new Tile(figure))
    box.replaceChildren(...tiles.map((tile) => tile.el))
    follow()
  }
  /** An echo of an older message must not move the slider back under a hand. */
  function follow() {
    if (wanted == null && number <= model.heard) { frame = Math.min(model.frame, film.steps.length - 1) }
    frame = Math.min(frame, film.steps.length - 1)
    draw()
  }
  model.on("film", read)
  model.on("frame", follow)
  model.on("heard", () => { tell(); follow() })
  read()
  const track = make("div", {className: "track"}, ticks, slider)
  el.append(make("div", {className: "film"}, play, make("div", {className: "hand"}, make("div", {className: "line"}, step, hint), track), box))
  return () => clearInterval(playing)
}
