// The measurements of one object: a switch for each survey; for each quantity its state, a slider,
// its value and its error. Plain inputs: they have names for screen readers and answer the arrows.

const SYMBOLS = {observed: "●", limit: "▽", not_covered: "○", unusable: "✕", ignored: "–"}
const WORDS = {observed: "observed", limit: "limit (not detected)", not_covered: "not covered", unusable: "unusable", ignored: "ignored"}

/** A message that was not answered for so long (ms) no longer holds the next one back. */
const PATIENCE = 2000
/** Time between two messages of a drag (ms): a picture takes longer. */
const PACE = 30

function digits(step) {
  return Math.max(0, Math.min(4, Math.ceil(-Math.log10(step || 0.01))))
}

function shown(number, step) {
  return number == null || Number.isNaN(number) ? "" : Number(number).toFixed(digits(step))
}

/** One row of the table; `send` tells Python what changed and gives the number of the message. */
class Row {
  constructor(row, send, mode) {
    this.name = row.name
    this.send = send
    this.dragging = false
    this.moved = null
    this.sent = 0
    this.heard = 0
    this.told = 0
    const options = Object.keys(SYMBOLS).map((state) => make("option", {value: state, textContent: `${SYMBOLS[state]}  ${WORDS[state]}`}))
    this.mark = make("span", {className: "mark", "aria-hidden": "true"})
    this.state = make("select", {"aria-label": `State of ${row.label}`, onchange: () => send({name: this.name, state: this.state.value})}, ...options)
    this.label = make("span", {className: "label", textContent: row.label.split(" (")[0], title: row.help ?? ""})
    this.slider = make("input", {type: "range", className: "slider", oninput: () => this.slide(), onpointerdown: () => { this.dragging = true }, onchange: () => { this.dragging = false }})
    this.slider.addEventListener("pointerup", () => { this.dragging = false })
    this.value = make("input", {type: "number", className: "number", "aria-label": `${row.label}, ${row.unit || "value"}`, onchange: () => this.typed("value")})
    this.error = make("input", {type: "number", className: "number error", min: 0, "aria-label": `Error of ${row.label}, ${row.unit || "value"}`, onchange: () => this.typed("error")})
    this.reset = make("button", {className: "reset", textContent: "↺", title: "Back to the file's value", "aria-label": `Reset ${row.label}`, onclick: () => send({name: this.name, reset: true})})
    this.el = make("div", {className: "row"}, make("span", {className: "state"}, this.mark, this.state), this.label, this.slider, this.value, make("span", {className: "pm", textContent: "±"}), this.error, this.reset)
    this.update(row, mode)
  }

  /** Slider position for an error is logarithmic. */
  slide() {
    this.written = null
    const raw = Number(this.slider.value)
    const key = this.mode
    const number = key === "error" ? 10 ** raw : raw
    const field = key === "error" ? this.error : this.value
    field.value = key === "error" ? number.toPrecision(2) : shown(number, this.step)
    // Kept here: an older echo may be written into the field before its turn comes.
    this.moved = {name: this.name, [key]: Number(field.value)}
    this.tell()
  }

  /** Tell of the newest move: at once, then at a pace, never before the last was heard. */
  tell() {
    const waits = this.sent > this.heard && performance.now() - this.told < PATIENCE
    if (this.moved == null || this.pause != null) { return }
    if (waits) {
      this.timer ??= setTimeout(() => { this.timer = null; this.tell() }, PATIENCE)
      return
    }
    this.sent = this.send(this.moved)
    this.told = performance.now()
    this.moved = null
    this.pause = setTimeout(() => {
      this.pause = null
      this.tell()
    }, PACE)
  }

  typed(key) {
    this.written = null
    const number = Number(this[key].value)
    if (this[key].value !== "" && Number.isFinite(number)) { this.send({name: this.name, [key]: number}) }
  }

  /** `heard` is the number of the last message that Python has acted on. */
  update(row, mode, heard = 0) {
    this.heard = heard
    this.tell()
    // Of all rows a move changes one; each write costs the browser a look at the row's style.
    const written = JSON.stringify([row, mode])
    if (written === this.written) { return }
    this.written = written
    this.mode = mode
    this.step = row.step
    this.el.dataset.state = row.state
    this.el.classList.toggle("edited", row.edited)
    this.state.value = row.state
    this.mark.textContent = SYMBOLS[row.state]
    this.label.title = row.help ?? ""
    this.state.title = `${row.label}: ${WORDS[row.state]}`
    this.value.step = row.step
    this.error.step = "any"
    this.slider.setAttribute("aria-label", mode === "error" ? `Error of ${row.label} (${row.unit})` : `${row.label} (${row.unit})`)
    // A hand on the slider is ahead of Python: what comes back is older until the last move is.
    if (this.dragging || this.moved != null || this.sent > heard) {
      this.written = null
      return
    }
    const active = this.el.getRootNode()?.activeElement
    if (active !== this.value) { this.value.value = shown(row.value, row.step) }
    if (active !== this.error) { this.error.value = row.error == null ? "" : Number(row.error).toPrecision(2).replace(/\.?0+$/, "") }
    const log = (number) => Math.log10(Math.max(number, 1e-6))
    const [low, high, step, at] = mode === "error"
      ? [log(row.error_lower), log(row.error_upper), 0.01, log(row.error ?? row.error_lower)]
      : [row.lower, row.upper, row.step, row.value ?? (row.lower + row.upper) / 2]
    Object.assign(this.slider, {min: low, max: high, step})
    this.slider.value = at
    const part = Math.max(0, Math.min(1, (at - low) / (high - low || 1)))
    this.slider.style.setProperty("--part", `${100 * part}%`)
    const off = row.state === "ignored"
    this.slider.disabled = off || (mode === "error" && row.error == null)
    this.value.disabled = off
    this.error.disabled = off || row.state === "limit"
  }
}

export function render({model, el}) {
  const rows = new Map()
  const switches = new Map()
  let mode = "value"
  let number = 0
  let shown = {rows: [], surveys: []}
  const send = (message) => {
    number += 1
    model.send_msg({...message, number})
    return number
  }
  const box = make("div", {className: "table"})
  const head = make("div", {className: "modes", role: "radiogroup", "aria-label": "What the sliders move"})
  for (const [key, word] of [["value", "values"], ["error", "errors"]]) {
    const input = make("input", {type: "radio", name: "mode", checked: key === mode, onchange: () => { mode = key; refresh() }})
    head.append(make("label", {}, input, make("span", {textContent: word})))
  }

  function build() {
    box.replaceChildren()
    rows.clear()
    switches.clear()
    for (const survey of shown.surveys) {
      const input = make("input", {type: "checkbox", checked: survey.on, "aria-label": `Use ${survey.name}`, onchange: () => send({survey: survey.name, on: input.checked})})
      const count = make("span", {className: "count"})
      box.append(make("div", {className: "survey"}, make("label", {className: "switch"}, input, make("i"), make("b", {textContent: survey.name})), count))
      switches.set(survey.name, {input, count})
      for (const row of shown.rows.filter((entry) => entry.survey === survey.name)) {
        const line = new Row(row, send, mode)
        rows.set(row.name, line)
        box.append(line.el)
      }
    }
    refresh()
  }

  function refresh() {
    for (const row of shown.rows) { rows.get(row.name)?.update(row, mode, model.heard) }
    for (const survey of shown.surveys) {
      const {input, count} = switches.get(survey.name) ?? {}
      if (input == null) { continue }
      input.checked = survey.on
      const own = shown.rows.filter((row) => row.survey === survey.name)
      count.textContent = own.length === 0 ? "spectrum" : `${own.filter((row) => ["observed", "limit"].includes(row.state)).length} of ${own.length}`
    }
  }

  const show = () => {
    shown = {...shown, ...JSON.parse(model.shown)}
    const same = shown.surveys.length === switches.size && shown.surveys.every((survey) => switches.has(survey.name))
    if (same && shown.rows.length && shown.rows.every((row) => rows.has(row.name))) { refresh() } else { build() }
  }
  model.on("shown", show)
  model.on("heard", refresh)
  // After the frame that the picture is painted in.
  model.on("picture", () => requestAnimationFrame(() => setTimeout(() => model.send_msg({painted: model.picture}))))
  show()
  const legend = make("div", {className: "legend"})
  for (const state of Object.keys(SYMBOLS)) {
    legend.append(make("span", {textContent: `${SYMBOLS[state]} ${WORDS[state].split(" (")[0]}`}))
  }
  el.append(make("div", {className: "frame"}, head, box, legend))
}
