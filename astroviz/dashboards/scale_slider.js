// A slider over scales of diffusion: sigma above the track, Leach's epsilon below it.

/** A message that was not answered for so long (ms) no longer holds the next one back. */
const PATIENCE = 3000
/** Time that a stop is shown for while it plays (ms). */
const SHOWN = 90
const NICE = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3]
const DEGREES = 180 / Math.PI

const short = (value) => String(Number(value.toPrecision(3)))

export function render({model, el}) {
  let stops = [1]
  let [stop, wanted, number, told, playing, step] = [0, null, 0, 0, null, 1]
  const slider = make("input", {type: "range", min: 0, step: 1, oninput: () => go(Number(slider.value))})
  const play = make("button", {className: "play", onclick: () => playing == null ? start() : pause()})
  const sigma = make("b")
  const degrees = make("span", {className: "faint"})
  const epsilon = make("span", {className: "faint"})
  const upper = make("div", {className: "row", "aria-hidden": "true"})
  const lower = make("div", {className: "row", "aria-hidden": "true"})
  const ends = make("div", {className: "ends", "aria-hidden": "true"})

  /** Where a scale stands on the track, 0 to 1; scales are even in their logarithm, 0 is the end. */
  function place(scale) {
    const known = stops.filter((s) => s > 0)
    const [first, last] = [known[0], known.at(-1)]
    return first === last ? 0 : Math.log(scale / first) / Math.log(last / first) * (known.length - 1) / (stops.length - 1)
  }
  function ticks(row, factor, name) {
    const marks = NICE.flatMap((value) => {
      const part = place(value * factor)
      if (part < -1e-6 || part > 1 + 1e-6) { return [] }
      const mark = make("span", {className: "tick", textContent: String(value)})
      mark.style.left = `calc(8px + (100% - 16px) * ${part})`
      return [mark]
    })
    row.replaceChildren(make("i", {textContent: name}), ...marks)
  }
  function draw() {
    const scale = stops[stop] ?? 1
    slider.value = stop
    sigma.textContent = scale > 0 ? `σ = ${short(scale)} rad` : "σ = 0"
    degrees.textContent = scale > 0 ? `${short(scale * DEGREES)}°` : "no noise left"
    epsilon.textContent = scale > 0 ? `Leach’s ε = σ/√2 = ${short(scale / Math.SQRT2)}` : "the density itself"
    slider.setAttribute("aria-label", model.label)
    slider.setAttribute("aria-valuetext", `sigma ${short(scale)} rad, Leach's epsilon ${short(scale / Math.SQRT2)}`)
    play.textContent = playing == null ? "▶" : "❚❚"
    play.setAttribute("aria-label", playing == null ? "Play the film" : "Pause the film")
    play.hidden = !model.playable
  }
  /** Go to a stop: here at once, in the panels as soon as the last picture was sent. */
  function go(to) {
    stop = Math.max(0, Math.min(to, stops.length - 1))
    wanted = stop
    draw()
    tell()
  }
  function tell() {
    const waits = number > model.heard && performance.now() - told < PATIENCE
    if (wanted == null || waits) { return }
    number += 1
    told = performance.now()
    model.send_msg({stop: wanted, number})
    wanted = null
  }
  /** Play to the far end; from an end back to the other, as the flow runs both ways. */
  function start() {
    if (stop >= stops.length - 1) { step = -1 } else if (stop <= 0) { step = 1 }
    playing = setInterval(() => {
      if (number > model.heard && performance.now() - told < PATIENCE) { return }
      const next = stop + step
      if (next < 0 || next >= stops.length) { pause() } else { go(next) }
    }, SHOWN)
    draw()
  }
  function pause() {
    clearInterval(playing)
    playing = null
    draw()
  }
  function read() {
    stops = JSON.parse(model.stops)
    slider.max = stops.length - 1
    slider.disabled = play.disabled = stops.length < 2
    ticks(upper, 1, "σ (rad)")
    ticks(lower, Math.SQRT2, "Leach’s ε")
    ends.replaceChildren(...model.words.map((words) => make("span", {textContent: words})))
    follow()
  }
  /** An echo of an older message must not move the slider back under a hand. */
  function follow() {
    if (wanted == null && number <= model.heard) { stop = Math.min(model.stop, stops.length - 1) }
    stop = Math.min(stop, stops.length - 1)
    draw()
  }
  for (const name of ["stops", "words", "playable", "label"]) { model.on(name, read) }
  model.on("stop", follow)
  model.on("heard", () => { tell(); follow() })
  read()
  const reading = make("div", {className: "reading", role: "status"}, make("div", {}, sigma, degrees), epsilon)
  const track = make("div", {className: "track"}, upper, slider, lower, ends)
  el.append(make("div", {className: "scale"}, play, reading, track))
  return () => clearInterval(playing)
}
