// Three places for everything a star has: given, wanted, ignored. Chips are dragged between them, or
// moved with the keys g, w and i; a chip that is opened shows its value or the interval it lies in.
// One module, two faces: a component of Panel on the page, an anywidget in a notebook.

const PLACES = ["given", "wanted", "ignored"]
const WORDS = {given: "Given", wanted: "Wanted", ignored: "Ignored"}
const HELP = {given: "what the answer is told", wanted: "what is drawn", ignored: "not told, not drawn: integrated over"}

function shown(number) {
  return number == null ? "" : String(Number(Number(number).toPrecision(4)))
}

/** What a model of Panel and one of anywidget have in common: `shown`, and messages. */
function faceOf(model) {
  if (model.send_msg != null) {
    return {shown: () => model.shown, send: (message) => model.send_msg(message), hear: (act) => model.on("shown", act)}
  }
  const hear = (act) => {
    model.on("change:shown", act)
    model.on("msg:custom", act) // what was typed is refused: everything is shown as it was
  }
  return {shown: () => model.get("shown"), send: (message) => model.send(message), hear}
}

function render({model, el}) {
  let rows = []
  let open = null
  let focus = null
  const {shown: state, send, hear} = faceOf(model)
  const board = make("div", {className: "question-board"})
  board.dataset.lmSuppressShortcuts = "true" // the keys belong to the board, not to the notebook
  el.append(board)

  /** What a chip says beside its name. */
  function detail(row) {
    if (row.within != null) { return `${shown(row.within[0])} to ${shown(row.within[1])}` }
    if (row.place === "given" && row.value != null) { return shown(row.value) }
    return ""
  }

  function number(row, text, value, act) {
    const field = make("input", {type: "number", step: "any", className: "number", value: shown(value), "aria-label": text})
    field.addEventListener("keydown", (event) => event.stopPropagation())
    field.addEventListener("change", () => { if (field.value !== "" && Number.isFinite(Number(field.value))) { act(Number(field.value)) } })
    return field
  }

  /** The opened part of a chip. */
  function editor(row) {
    const box = make("div", {className: "editor"})
    if (row.group === "Parameters" && row.place === "given") {
      const field = number(row, `${row.label}, given value`, row.value, (value) => send({name: row.name, value}))
      const slider = make("input", {type: "range", min: row.lower, max: row.upper, step: (row.upper - row.lower) / 200, value: row.value, "aria-label": `${row.label}, given value`})
      slider.addEventListener("input", () => { field.value = shown(slider.value); send({name: row.name, value: Number(slider.value)}) })
      slider.addEventListener("keydown", (event) => event.stopPropagation())
      box.append(make("span", {textContent: "="}), slider, field, make("span", {className: "unit", textContent: row.unit}))
    }
    if (row.lower != null && row.place !== "given") {
      const ends = row.within ?? [row.lower, row.upper]
      const low = number(row, `${row.label}, lower end`, ends[0], () => hold())
      const high = number(row, `${row.label}, upper end`, ends[1], () => hold())
      const hold = () => send({name: row.name, within: [Number(low.value), Number(high.value)]})
      box.append(make("span", {textContent: "between"}), low, make("span", {textContent: "and"}), high, make("span", {className: "unit", textContent: row.unit}))
      if (row.within != null) {
        box.append(make("button", {className: "free", textContent: "×", title: "No interval", "aria-label": `No interval for ${row.label}`, onclick: () => send({name: row.name, within: null})}))
      }
    }
    const moves = make("div", {className: "moves"})
    for (const place of PLACES.filter((name) => name !== row.place)) {
      moves.append(make("button", {textContent: WORDS[place], "aria-label": `Move ${row.label} to ${place}`, onclick: () => move(row, place)}))
    }
    box.append(moves)
    return box
  }

  function move(row, place) {
    focus = row.name
    send({name: row.name, to: place})
  }

  function chip(row) {
    const extra = detail(row)
    const face = make("button", {
      className: "chip", draggable: true, title: `${row.label}${row.unit ? ` (${row.unit})` : ""}, ${row.group}: ${row.place}. Drag, or press g, w or i.`,
      "aria-label": `${row.label}: ${row.place}${extra ? `, ${extra}` : ""}`, "aria-expanded": String(open === row.name),
    }, row.label, extra ? make("b", {textContent: ` ${extra}`}) : "")
    face.dataset.name = row.name
    face.dataset.group = row.group
    face.addEventListener("click", () => { open = open === row.name ? null : row.name; focus = row.name; draw() })
    face.addEventListener("dragstart", (event) => { event.dataTransfer.setData("text/plain", row.name); event.dataTransfer.effectAllowed = "move" })
    face.addEventListener("keydown", (event) => {
      const place = {g: "given", w: "wanted", i: "ignored"}[event.key]
      if (place != null && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault()
        event.stopPropagation()
        if (place !== row.place) { move(row, place) }
      }
    })
    const item = make("div", {className: "item"}, face)
    if (open === row.name) {
      item.classList.add("open")
      item.append(editor(row))
    }
    return item
  }

  function column(place) {
    const box = make("section", {className: "place", "aria-label": `${WORDS[place]}: ${HELP[place]}`})
    box.dataset.place = place
    box.append(make("h4", {}, WORDS[place], make("small", {textContent: ` ${HELP[place]}`})))
    const mine = rows.filter((row) => row.place === place)
    for (const group of [...new Set(mine.map((row) => row.group))]) {
      const chips = make("div", {className: "chips"})
      for (const row of mine.filter((entry) => entry.group === group)) { chips.append(chip(row)) }
      box.append(make("div", {className: "group"}, make("span", {className: "name", textContent: group}), chips))
    }
    if (mine.length === 0) { box.append(make("p", {className: "empty", textContent: place === "given" ? "Nothing: the answer is the prior's." : "Nothing."})) }
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over") })
    box.addEventListener("dragleave", (event) => { if (!box.contains(event.relatedTarget)) { box.classList.remove("over") } })
    box.addEventListener("drop", (event) => {
      event.preventDefault()
      box.classList.remove("over")
      const row = rows.find((entry) => entry.name === event.dataTransfer.getData("text/plain"))
      if (row != null && row.place !== place) { move(row, place) }
    })
    return box
  }

  function draw() {
    // A hand that drags a slider keeps it: only the rest of the board is drawn anew.
    const active = board.getRootNode()?.activeElement
    if (active?.type === "range" && board.contains(active)) { return }
    const scrolled = board.scrollTop
    board.replaceChildren(...PLACES.map(column))
    board.scrollTop = scrolled
    if (focus != null) {
      board.querySelector(`[data-name="${focus}"]`)?.focus()
      focus = null
    }
  }

  const show = () => {
    rows = JSON.parse(state())
    draw()
  }
  hear(show)
  show()
}

export default {render}
