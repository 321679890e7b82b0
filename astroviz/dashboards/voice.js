// What a page says: a spinner, the progress of a long job with a way out, a sentence over the page.

function make(tag, props = {}, ...children) {
  const node = Object.assign(document.createElement(tag), props)
  node.append(...children)
  return node
}

const MARKS = {info: "i", success: "✓", warning: "!", error: "!"}

export function render({model, el}) {
  const spinner = make("span", {className: "spinner", role: "progressbar", ariaLabel: "working"})
  const words = make("span", {className: "faint"})
  const part = make("i")
  const bar = make("span", {className: "bar", role: "progressbar"}, part)
  const cancel = make("button", {className: "quiet", textContent: "Cancel", onclick: () => model.send_msg("cancel")})
  const job = make("span", {className: "job"}, words, bar, cancel)
  const mark = make("b")
  const sentence = make("span")
  const close = make("button", {className: "close", textContent: "×", ariaLabel: "Close", onclick: () => model.send_msg("close")})
  const note = make("div", {className: "note"}, mark, sentence, close)

  const work = () => {
    spinner.hidden = !model.busy
    job.hidden = model.progress === ""
    words.textContent = model.progress
    bar.ariaLabel = model.progress
    const known = model.fraction != null
    bar.classList.toggle("unknown", !known)
    part.style.width = known ? `${Math.round(100 * model.fraction)}%` : ""
    bar.ariaValueNow = known ? `${Math.round(100 * model.fraction)}` : null
    cancel.hidden = !model.cancellable
  }
  const say = () => {
    note.hidden = model.sentence === ""
    note.role = note.hidden ? null : "alert"
    note.dataset.kind = model.kind
    mark.textContent = MARKS[model.kind]
    sentence.textContent = model.sentence
  }
  for (const name of ["busy", "progress", "fraction", "cancellable"]) { model.on(name, work) }
  for (const name of ["sentence", "kind"]) { model.on(name, say) }
  work()
  say()
  el.append(make("div", {className: "voice"}, spinner, job), note)
}
