// Many sliders in one component: groups with headings, rows of name, track and number.

/** A message that was not answered for so long (ms) no longer holds the next one back. */
const PATIENCE = 3000

export function render({model, el}) {
  const rows = new Map()
  const moved = new Map()
  let [number, told] = [0, 0]
  const board = make("div", {className: "board"})

  const places = (step) => Math.max(0, Math.min(4, Math.ceil(-Math.log10(step) - 1e-9)))
  const shown = (row, value) => Number(value).toFixed(places(row.step))
  /** A logarithmic track stands for the exponent of its value. */
  const toTrack = (row, value) => row.log ? Math.log10(value) : value
  const fromTrack = (row, raw) => row.log ? 10 ** raw : raw

  function tell() {
    const waits = number > model.heard && performance.now() - told < PATIENCE
    if (!moved.size || waits) { return }
    number += 1
    told = performance.now()
    model.send_msg({values: Object.fromEntries(moved), number})
    moved.clear()
  }
  function move(row, value) {
    const kept = Number(shown(row, Math.min(Math.max(value, row.low), row.high)))
    moved.set(row.name, kept)
    tell()
    return kept
  }
  function makeRow(row) {
    const words = row.unit ? `${row.label} (${row.unit})` : row.label
    const step = row.log ? (Math.log10(row.high) - Math.log10(row.low)) / 400 : row.step
    const track = make("input", {type: "range", min: toTrack(row, row.low), max: toTrack(row, row.high), step, "aria-label": words, title: row.help ?? ""})
    const field = make("input", {type: "number", min: row.low, max: row.high, step: row.step, "aria-label": `${words}, number`})
    const label = make("span", {className: "label", textContent: row.label, title: row.help ?? ""})
    const unit = make("span", {className: "unit", textContent: row.unit})
    const found = {row, track, field, held: false}
    track.addEventListener("input", () => { found.held = true; field.value = shown(row, move(row, fromTrack(row, Number(track.value)))) })
    for (const end of ["change", "pointerup", "blur"]) { track.addEventListener(end, () => { found.held = false }) }
    field.addEventListener("change", () => {
      const value = Number(field.value)
      if (field.value === "" || !Number.isFinite(value)) { return set(found, found.value) }
      if (value < row.low || value > row.high) { model.send_msg({refused: row.name, value}) }
      set(found, move(row, value))
    })
    rows.set(row.name, found)
    set(found, row.value)
    return make("label", {className: "row"}, label, track, field, unit)
  }
  function set(found, value) {
    found.value = value
    found.track.value = toTrack(found.row, value)
    found.field.value = shown(found.row, value)
  }
  function read() {
    rows.clear()
    const groups = JSON.parse(model.groups)
    board.replaceChildren(...groups.flatMap((group) => [
      make("h4", {textContent: group.title}), ...group.rows.map(makeRow),
    ]))
    follow()
  }
  /** An echo of an older message must not move a slider back under a hand. */
  function follow() {
    const values = JSON.parse(model.values)
    for (const [name, found] of rows) {
      const waits = moved.has(name) || (found.held && number > model.heard)
      if (name in values && !waits && values[name] !== found.value) {
        if (document.activeElement !== found.field) { set(found, values[name]) }
      }
    }
  }
  model.on("groups", read)
  model.on("values", follow)
  model.on("heard", () => { tell(); follow() })
  read()
  el.append(board)
}
