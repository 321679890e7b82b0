// One line above the panels: warnings, buttons that answer them, and what is shown. Its height stays.

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...children)
  return node
}

export function render({model, el}) {
  const short = make("span", {className: "short"})
  const full = make("div", {className: "full"})
  const beware = make("button", {className: "beware"}, make("b", {textContent: "!"}), short)
  const buttons = make("span", {})
  buttons.style.cssText = "display: flex; gap: 6px; flex: none;"
  const sentence = make("span", {className: "sentence"})
  const open = (on) => {
    full.hidden = !on
    beware.ariaExpanded = String(on)
  }
  beware.onclick = () => open(full.hidden)
  beware.onblur = () => open(false)
  const show = () => {
    beware.hidden = model.warnings.length === 0
    short.textContent = model.warnings.join(" ")
    beware.title = beware.hidden ? "" : "Press to read all of it"
    full.replaceChildren(...model.warnings.map((words) => make("p", {textContent: words})))
    if (beware.hidden) { open(false) }
    sentence.textContent = model.sentence
    sentence.title = model.sentence
  }
  const offer = () => {
    buttons.hidden = model.actions.length === 0
    sentence.style.maxWidth = model.actions.length > 1 ? "54%" : "74%"
    buttons.replaceChildren(...model.actions.map(([name, label]) => make("button", {
      className: "quiet", textContent: label, onclick: () => model.send_msg({action: name}),
    })))
  }
  for (const name of ["sentence", "warnings"]) { model.on(name, show) }
  model.on("actions", offer)
  open(false)
  show()
  offer()
  const live = make("span", {className: "live", role: "status"}, beware)
  // The sentence first: it is what the page answers; a warning takes what room is left.
  sentence.style.flex = "0 0 auto"
  Object.assign(beware.style, {flex: "0 1000 auto", minWidth: "150px", maxWidth: "46%"})
  full.style.left = "auto"
  full.style.right = "0"
  const line = make("div", {className: "headline"}, sentence, make("span"), live, buttons, full)
  line.children[1].style.flex = "1"
  el.append(line)
}
