// What only the browser can do for a page: keys, the address bar, the clipboard, figures as files.

/** Keys that a page answers; the value is the message sent to Python. */
const KEYS = [
  {test: (e) => (e.ctrlKey || e.metaKey) && !e.shiftKey && e.key.toLowerCase() === "z", name: "undo"},
  {test: (e) => (e.ctrlKey || e.metaKey) && (e.key.toLowerCase() === "y" || (e.shiftKey && e.key.toLowerCase() === "z")), name: "redo"},
  {test: (e) => plain(e) && e.key === "n", name: "next"},
  {test: (e) => plain(e) && e.key === "p", name: "previous"},
  {test: (e) => plain(e) && e.key === "s", name: "surprise"},
  {test: (e) => plain(e) && e.key === "r", name: "redraw"},
  {test: (e) => plain(e) && e.key === "c", name: "code"},
  {test: (e) => plain(e) && e.key === "?", name: "help"},
  {test: (e) => e.key === "Escape", name: "escape"},
]

function plain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey
}

/** True where a key means text: fields own their keys, and their own undo. */
function in_a_field(event) {
  const target = event.composedPath()[0]
  if (!(target instanceof HTMLElement)) { return false }
  if (target.tagName === "INPUT") { return !["range", "checkbox", "radio", "button"].includes(target.type) }
  return ["TEXTAREA", "SELECT"].includes(target.tagName) || target.isContentEditable
}

function* figures() {
  const seen = new Set()
  const walk = function* (view) {
    if (view == null || seen.has(view)) { return }
    seen.add(view)
    if (typeof view.export === "function" && view.model?.type?.endsWith("Figure")) { yield view }
    for (const child of view.children?.() ?? []) { yield* walk(child) }
  }
  for (const root of window.Bokeh.index.roots ?? []) { yield* walk(root) }
}

function download(blob, filename) {
  const link = document.createElement("a")
  link.href = URL.createObjectURL(blob)
  link.download = filename
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

async function save_figures(kind, stem) {
  let number = 0
  for (const view of figures()) {
    if (view.el.offsetParent == null && view.el.getBoundingClientRect().width === 0) { continue }
    const layer = view.export(kind)
    const name = `${stem}_${view.model.name ?? ++number}.${kind}`
    if (kind === "svg") {
      const svg = layer.ctx.get_serialized_svg(true)
      download(new Blob([svg], {type: "image/svg+xml"}), name)
    } else {
      download(await layer.to_blob(), name)
    }
  }
}

/** BokehJS leaves the outermost pixels of a canvas as they were under the theme before. */
function repaint() {
  for (const view of figures()) {
    const layer = view.canvas_view?.primary
    if (!(layer?.canvas instanceof HTMLCanvasElement)) { continue }
    layer.undo_transform?.((ctx) => ctx.clearRect(0, 0, layer.canvas.width, layer.canvas.height))
    view.request_repaint?.()
  }
}

/**
 * Keep BokehJS from making the browser work out the style of the whole page dozens of times for
 * one picture: each paint writes the style sheet of every part again, though nothing moved, and
 * then asks for the computed style of the next one. Measured: 410 ms for a move of a slider before,
 * 190 after. The elements of glyphs, which follow their data, are empty and are left where they are.
 */
function quicken() {
  const sheets = window.Bokeh.require("core/dom").InlineStyleSheet.prototype
  if (sheets.quick) { return }
  const update = sheets._update
  sheets._update = function (css) {
    if (this.el.textContent !== css) { update.call(this, css) }
  }
  sheets.quick = true
  window.Bokeh.require("models/renderers/glyph_renderer").GlyphRendererView.prototype.update_position = () => {}
}

try {
  quicken()
} catch (error) {
  console.warn("this BokehJS is not as expected: figures follow more slowly", error)
}

export function render({model, el}) {
  const on_key = (event) => {
    if (in_a_field(event)) { return }
    const key = KEYS.find((entry) => entry.test(event))
    if (key == null) { return }
    if (key.name !== "escape") { event.preventDefault() }
    model.send_msg({key: key.name})
  }
  window.addEventListener("keydown", on_key)

  const on_message = (event) => {
    const message = event.data ?? event
    if (message.address != null) { window.history.replaceState(null, "", message.address) }
    if (message.title != null) { document.title = message.title }
    if (message.copy != null) { navigator.clipboard?.writeText(message.copy) }
    if (message.repaint) { repaint() }
    if (message.cookie != null) { document.cookie = `${message.cookie}; path=/; max-age=31536000; samesite=lax` }
    if (message.figures != null) { save_figures(message.figures, message.stem) }
  }
  model.on("msg:custom", on_message)
  model.on("remove", () => window.removeEventListener("keydown", on_key))
  el.style.display = "none"
}
