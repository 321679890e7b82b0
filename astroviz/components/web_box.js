// A box of haloes or galaxies that is turned by hand: points by web type, a graph, ellipsoids.
// The same form and the same two faces as the sphere.

const BOX_HELP = [
  ["drag, arrow keys", "turn (Shift: finer)"],
  ["wheel, + and −", "zoom"],
  ["0, double click", "back to the first view"],
  ["click", "pick a point"],
  ["Enter", "pick the point nearest to the middle"],
  ["N, P", "pick the next or the previous neighbour"],
  ["Shift + drag, L", "select with a lasso; Esc: nothing"],
  ["S", "save as PNG"],
]
const BOX_READ = ["points", "box_size", "focus"]
const BOX_SEEN = ["dark", "hidden", "selection", "point_size", "labels", ...BOX_READ]
const BOX_STICKS = ["edges", "edge_weights", "periodic", "show_edges", "show_frame", ...BOX_READ]
const BOX_GLYPHS = ["glyphs", "show_glyphs", "glyph_scale", "glyph_colour", "dark", "hidden", ...BOX_READ]
const BOX_DRAWN = ["neighbours", "picked", "perspective", "show_points", "title", "caption", "length_unit", "size_label"]

class WebBox {
  constructor(model, el) {
    this.model = model
    this.scene = {}
    const painters = {gl: boxPainterGl, canvas: boxPainterCanvas}
    this.stage = new Stage({model, el, role: "box of the cosmic web", help: BOX_HELP, painters, draw: () => this.draw()})
    this.table = new Turntable(this.stage, {start: lookingAt(-0.5, 0.42), limits: [0.5, 40]})
    const {stage, table} = this
    this.lassoButton = stage.button("lasso", "Select with a lasso (L)", () => this.toggleLasso())
    stage.button("home", "First view (0)", () => table.goHome())
    stage.usualButtons("cosmic-web")
    this.legend = make("div", {className: "az-legend", role: "group", "aria-label": "Web types shown"})
    stage.root.append(this.legend)
    this.listen()
    this.changed(null)
    stage.hear([...new Set([...BOX_SEEN, ...BOX_STICKS, ...BOX_GLYPHS, ...BOX_DRAWN])], (name) => this.changed(name))
    stage.hear(["rotation", "zoom"], () => { table.follow(); stage.request() })
    stage.hear(["renderer"], () => stage.choosePainter())
    stage.hear(["measure"], () => { if (model.get("measure")) { table.measure() } })
    if (model.get("measure")) { table.measure() }
  }

  get(name) { return this.model.get(name) }

  listen() {
    const {stage, table} = this
    this.hands = listenToHands(stage, {
      turn: (dx, dy) => { const r = Math.min(stage.wide, stage.high) / 2.6; table.turn(dx / r, dy / r) },
      zoom: (factor) => table.scale(factor), rest: () => table.write(true), hover: (x, y) => this.hover(x, y),
      leave: () => stage.tell(0, 0, null), click: (x, y) => this.pick(this.pointAt(x, y)), lasso: (path, done) => this.lasso(path, done),
    })
    stage.root.addEventListener("dblclick", (event) => { if (event.target.tagName === "CANVAS") { table.goHome() } })
    const other = (step) => () => this.pickNeighbour(step)
    listenToKeys(stage, {
      ...table.keys((right, down) => table.turn(right, down)), l: () => this.toggleLasso(), s: () => stage.save("cosmic-web"),
      n: other(1), p: other(-1), Enter: () => this.pick(this.pointAt(stage.wide / 2, stage.high / 2, 1e4)),
      Escape: () => { stage.toggleHelp(false); stage.writer.write({selection: [], picked: -1}, true) },
    })
  }

  /** A trait has changed, or all of them: read again what hangs on it. */
  changed(name) {
    const {scene, stage} = this
    const of = (names) => name == null || names.includes(name)
    const dark = Boolean(this.get("dark"))
    const theme = dark ? "dark" : "light"
    Object.assign(scene, {
      dark, inks: INKS[theme], title: this.get("title"), sizeLabel: this.get("size_label"), unit: this.get("length_unit"),
      period: Boolean(this.get("periodic")), neighbours: this.get("neighbours") ?? [],
    })
    stage.setTheme(theme, scene.inks.paper)
    stage.root.setAttribute("aria-label", this.get("caption") || "Box of the cosmic web")
    if (of(BOX_READ)) { this.read = readBox(numbersOf(this.get("points")), this.get("box_size") || 1, this.get("focus")) }
    if (of(BOX_SEEN)) {
      scene.points = paintBox(this.read, {dark, hidden: this.get("hidden") ?? [], selection: this.get("selection") ?? [], pixel: this.get("point_size") || 3})
      this.fillLegend()
    }
    if (of(BOX_STICKS)) { this.readSticks() }
    if (of(BOX_GLYPHS)) {
      scene.glyphs = readGlyphs(this.get("show_glyphs") ? numbersOf(this.get("glyphs")) : new Float32Array(0), this.read, {scale: this.get("glyph_scale") || 1, dark, hidden: this.get("hidden") ?? [], colour: this.get("glyph_colour")})
    }
    stage.request()
  }

  readSticks() {
    const frame = this.get("show_frame") ? frameSticks(this.read) : new Float32Array(0)
    const edges = this.get("show_edges") ? numbersOf(this.get("edges"), Int32Array) : new Int32Array(0)
    const lines = readEdges(edges, numbersOf(this.get("edge_weights")), this.read, this.scene.period)
    this.scene.sticks = new Float32Array(frame.length + lines.length)
    this.scene.sticks.set(frame)
    this.scene.sticks.set(lines, frame.length)
  }

  /** A button for each category that is there: what it is, how many, whether it is shown. */
  fillLegend() {
    const labels = this.get("labels") ?? []
    const counts = new Map()
    for (const c of this.read.category) { counts.set(c, (counts.get(c) ?? 0) + 1) }
    const hidden = new Set(this.get("hidden") ?? [])
    const focused = this.stage.root.getRootNode().activeElement?.dataset?.category
    const known = [...counts.keys()].filter((c) => c >= 0).sort((a, b) => a - b)
    this.legend.replaceChildren(...known.map((c) => {
      const name = labels[c] ?? `type ${c}`
      const dot = make("i", {style: `background:${categoryColour(c, this.scene.dark)}`})
      const button = make("button", {type: "button", title: `Show or hide: ${name}`, "aria-pressed": String(!hidden.has(c)), onclick: () => this.toggleCategory(c)}, dot, name, make("small", {textContent: counts.get(c).toLocaleString("en")}))
      button.dataset.category = c
      return button
    }))
    if (focused != null) { this.legend.querySelector(`[data-category="${focused}"]`)?.focus() }
  }

  toggleCategory(c) {
    const hidden = new Set(this.get("hidden") ?? [])
    if (!hidden.delete(c)) { hidden.add(c) }
    this.stage.writer.write({hidden: [...hidden].sort((a, b) => a - b)}, true)
    this.changed("hidden")
  }

  draw() {
    const {scene, stage, table, read} = this
    const {wide, high, ratio, pen} = stage
    scene.view = boxView({rotation: table.rotation, zoom: table.zoom, perspective: this.get("perspective") ?? true, wide, high, ratio})
    sortByDepth(scene.view, read)
    this.none ??= {...readBox(new Float32Array(0), 1), pixel: 1}
    stage.painter.draw({...scene, points: this.get("show_points") ? scene.points : this.none})
    if (this.get("show_frame")) { boxTicks(pen, scene.view, read, scene) }
    boxHighlight(pen, scene.view, scene.points, {...scene, picked: this.get("picked") ?? -1})
    if (this.path != null) { lassoPath(pen, this.path, scene.inks) }
    boxWords(pen, stage, scene)
    stage.signature(scene.inks)
  }

  pointAt(x, y, within = 8) {
    return this.get("show_points") && this.scene.view != null ? boxPointAt(this.scene.view, this.scene.points, x, y, within) : -1
  }

  pick(k) {
    this.stage.writer.write({picked: k}, true)
    if (k >= 0) { this.stage.say(this.rowsOf(k).map(([name, text]) => `${name} ${text}`).join(", ")) }
    this.stage.request()
  }

  pickNeighbour(step) {
    const all = this.get("neighbours") ?? []
    if (all.length > 0) { this.pick(all[step > 0 ? 0 : all.length - 1]) }
  }

  rowsOf(k) {
    const {read} = this
    const place = [0, 1, 2].map((i) => (read.place[3 * k + i] * read.half + read.middle[i]).toFixed(1).replace("-", "−"))
    const label = (this.get("labels") ?? [])[read.category[k]]
    const rows = [["number", String(k)], ["x, y, z", `${place.join(", ")}${this.scene.unit ? ` ${this.scene.unit}` : ""}`]]
    return label ? [...rows, ["web type", label]] : rows
  }

  hover(x, y) {
    const k = this.pointAt(x, y, 6)
    this.stage.tell(x, y, k < 0 ? null : this.rowsOf(k), k < 0 ? null : categoryColour(this.read.category[k], this.scene.dark))
  }

  lasso(path, done) {
    const {scene, stage} = this
    this.path = done ? null : path
    if (done) { stage.writer.write({selection: this.get("show_points") ? boxPointsInside(scene.view, scene.points, path) : []}, true) }
    stage.request()
  }

  toggleLasso() {
    this.hands.lassoing = !this.hands.lassoing
    this.lassoButton.setAttribute("aria-pressed", String(this.hands.lassoing))
    this.stage.root.dataset.lasso = String(this.hands.lassoing)
  }
}

function render({model, el}) {
  const box = new WebBox(model, el)
  return () => box.stage.end()
}

export default {render: onAnyPage(render)}
