// One line above the panels: what to beware of, what is shown. It never changes its height.

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...children)
  return node
}

export function render({model, el}) {
  const short = make("span", {className: "short"})
  const full = make("div", {className: "full"})
  const beware = make("button", {className: "beware"}, make("b", {textContent: "!"}), short)
  const sentence = make("span", {className: "sentence"})
  const open = (on) => {
    full.hidden = !on
    beware.ariaExpanded = String(on)
  }
  beware.onclick = () => open(full.hidden)
  beware.onblur = () => open(false)
  const show = () => {
    const warnings = model.warnings
    beware.hidden = warnings.length === 0
    beware.role = null
    short.textContent = warnings.join(" ")
    beware.title = beware.hidden ? "" : "Press to read all of it"
    full.replaceChildren(...warnings.map((words) => make("p", {textContent: words})))
    if (beware.hidden) { open(false) }
    sentence.textContent = model.sentence
    sentence.title = model.sentence
  }
  model.on("sentence", show)
  model.on("warnings", show)
  open(false)
  show()
  const live = make("span", {className: "live", role: "status"}, beware)
  el.append(make("div", {className: "headline"}, live, full, sentence))
}
