// The checks of a posterior: the verdict of all, a row for each with its p-value on a scale, what
// was found, what it sees and what it is blind to, and whether it is to run.
// One module, two faces: a component of Panel on the page, an anywidget in a notebook.

const MARKS = {held: "✓", failed: "!", score: "–", refused: "✕", barred: "✕", idle: ""}
const STATES = {held: "does not reject", failed: "rejects", score: "a score without p-value", refused: "could not run", barred: "does not fit these draws", idle: "not run"}
/** The end of the scale of p-values: smaller ones stand there. */
const LOWEST = 1e-6

/** Place of a p-value on the scale, 0 (impossible) to 1. */
function place(p) {
  return 1 - Math.log10(Math.max(p, LOWEST)) / Math.log10(LOWEST)
}

/** What a model of Panel and one of anywidget have in common: `shown`, and messages. */
function faceOf(model) {
  if (model.send_msg != null) {
    return {shown: () => model.shown, send: (message) => model.send_msg(message), hear: (act) => model.on("shown", act)}
  }
  return {shown: () => model.get("shown"), send: (message) => model.send(message), hear: (act) => model.on("change:shown", act)}
}

function render({model, el}) {
  let focus = null
  let unfolded = false
  const {shown: state, send, hear} = faceOf(model)
  const board = make("div", {className: "check-board"})
  el.append(board)

  function scale(row) {
    const box = make("span", {className: "scale", "aria-hidden": "true"})
    if (row.p == null) { return box }
    const dot = make("i", {className: "dot"})
    dot.style.left = `${100 * place(row.p)}%`
    const bound = make("i", {className: "bound"})
    bound.style.left = `${100 * place(0.05)}%`
    box.append(bound, dot)
    return box
  }

  function help(row) {
    const line = (word, text) => make("p", {}, make("b", {textContent: `${word} `}), text)
    const box = make("div", {className: "help"})
    if (row.said) { box.append(make("p", {className: "said", textContent: row.said})) }
    box.append(line("Asks:", row.question), line("Sees:", row.detects), line("Blind to:", row.misses), make("p", {className: "source", textContent: row.source}))
    return box
  }

  function line(row) {
    const face = make("button", {
      className: "face", "aria-expanded": String(row.chosen), title: `${row.question}\nSees: ${row.detects}\nBlind to: ${row.misses}`,
      "aria-label": `${row.title}: ${STATES[row.state]}${row.words ? `, ${row.words}` : ""}`,
      onclick: () => { focus = row.name; send({check: row.name}) },
    }, make("span", {className: "mark", textContent: MARKS[row.state], "aria-hidden": "true"}), make("span", {className: "title", textContent: row.title}), scale(row), make("span", {className: "words", textContent: row.words}))
    face.dataset.name = row.name
    const box = make("input", {type: "checkbox", checked: row.on, disabled: row.state === "barred", "aria-label": `Run ${row.title}`, title: row.state === "barred" ? row.said : `Run it with the next trial${row.heavy ? "; it takes longer" : ""}`, onchange: () => send({run: row.name, on: box.checked})})
    const item = make("li", {className: row.chosen ? "row chosen" : "row"}, make("div", {className: "head"}, face, box))
    item.dataset.state = row.state
    if (row.chosen) { item.append(help(row)) }
    return item
  }

  /** Sentences that a reader must see, folded; open again after a new verdict. */
  function notes(sentences) {
    if (sentences.length === 0) { return "" }
    const box = make("details", {open: unfolded, ontoggle: () => { unfolded = box.open }}, make("summary", {textContent: `${sentences.length} note${sentences.length > 1 ? "s" : ""}`}))
    for (const sentence of sentences) { box.append(make("p", {textContent: sentence})) }
    return box
  }

  function draw() {
    const {rows, verdict} = JSON.parse(state())
    const list = board.querySelector("ul")
    const scrolled = list == null ? 0 : list.scrollTop
    const held = board.getRootNode()?.activeElement
    if (focus == null && held != null && board.contains(held)) { focus = held.dataset?.name ?? null }
    const head = make("div", {className: "verdict", role: "status"}, make("span", {className: "mark", textContent: MARKS[verdict.state] ?? "", "aria-hidden": "true"}), make("div", {}, make("b", {textContent: verdict.words}), make("small", {textContent: verdict.small}), notes(verdict.notes ?? [])))
    head.dataset.state = verdict.state
    const tall = make("ul", {"aria-label": "Checks"}, ...rows.map(line))
    board.replaceChildren(head, make("div", {className: "legend"}, make("span", {textContent: "check"}), make("span", {textContent: "p, 10⁻⁶ to 1; line: 0.05"}), make("span", {textContent: "run"})), tall)
    tall.scrollTop = scrolled
    if (focus != null) {
      board.querySelector(`[data-name="${focus}"]`)?.focus({preventScroll: true})
      focus = null
    }
  }

  hear(draw)
  draw()
}

export default {render}
