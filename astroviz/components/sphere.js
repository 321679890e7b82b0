// A sphere of orientations: points, arrows, a density and true places on it, turned by hand.
// One module in the form of anywidget, two faces: Panel on a page, ipywidgets in a notebook.

const SPHERE_HELP = [
  ["drag, arrow keys", "turn (Shift: finer)"],
  ["wheel, + and −", "zoom"],
  ["M", "sphere or Mollweide map"],
  ["0, double click", "back to the first view"],
  ["click, Enter", "pick a point; Enter: the one in the middle"],
  ["Shift + drag, L", "select with a lasso; Esc: nothing"],
  ["S", "save as PNG"],
]
const NOTHING = new Float32Array(0)
// What must be read again when a trait changes; everything else is only drawn again.
const READ_AGAIN = {
  points: ["readPoints"], vectors: ["readArrows"], density: ["readDensity"], show_density: ["readDensity"], density_max: ["readDensity"],
  show_vectors: ["readArrows"], vector_scale: ["readArrows"], vector_width: ["readArrows"], vector_heads: ["readArrows"],
  vector_colour: ["readArrows"], dark: ["readArrows"],
}
const PAINT_AGAIN = ["points", "colour", "tilt_period", "dark", "selection", "point_size"]
const ONLY_DRAWN = [
  "rings", "nside", "projection", "show_points", "show_rings", "contours", "density_scale", "density_label", "weight_label",
  "tilt_label", "title", "caption", "picked",
]

class Sphere {
  constructor(model, el) {
    this.model = model
    this.scene = {points: readPoints(NOTHING), arrows: {count: 0, rows: NOTHING}, grid: null, rings: NOTHING, range: [0, 1]}
    this.painters = {gl: spherePainterGl, canvas: spherePainterCanvas}
    this.stage = new Stage({model, el, role: "orientation sphere", help: SPHERE_HELP, painters: this.painters, draw: () => this.draw()})
    this.table = new Turntable(this.stage, {start: lookingAt(0.45, 0.32), limits: [0.6, 12], level: () => this.flat})
    const {stage, table} = this
    this.mapButton = stage.button("map", "Sphere or Mollweide map (M)", () => this.toggleMap())
    this.lassoButton = stage.button("lasso", "Select with a lasso (L)", () => this.toggleLasso())
    stage.button("home", "First view (0)", () => table.goHome())
    stage.usualButtons("sphere")
    this.listen()
    for (const name of ["points", "vectors", "density"]) { this.readAgain(name) }
    this.look()
    this.paint()
    stage.hear([...new Set([...Object.keys(READ_AGAIN), ...PAINT_AGAIN, ...ONLY_DRAWN])], (name) => this.changed(name))
    stage.hear(["rotation", "zoom"], () => { table.follow(); stage.request() })
    stage.hear(["renderer"], () => stage.choosePainter())
    stage.hear(["measure"], () => { if (model.get("measure")) { table.measure() } })
    stage.request()
    if (model.get("measure")) { table.measure() }
  }

  get flat() { return this.model.get("projection") === "mollweide" }

  get(name) { return this.model.get(name) }

  listen() {
    const {stage, table} = this
    this.hands = listenToHands(stage, {
      turn: (dx, dy) => this.drag(dx, dy), zoom: (factor) => table.scale(factor), rest: () => table.write(true),
      hover: (x, y) => this.hover(x, y), leave: () => this.leave(), click: (x, y) => this.pick(this.pointAt(x, y)),
      lasso: (path, done) => this.lasso(path, done),
    })
    stage.root.addEventListener("dblclick", (event) => { if (event.target.tagName === "CANVAS") { table.goHome() } })
    listenToKeys(stage, {
      ...table.keys((right, down) => table.turn(right, this.flat ? 0 : down)),
      m: () => this.toggleMap(), l: () => this.toggleLasso(), s: () => stage.save("sphere"),
      Enter: () => this.pick(this.pointAt(stage.wide / 2, stage.high / 2, 1e4)),
      Escape: () => { stage.toggleHelp(false); stage.writer.write({selection: [], picked: -1}, true) },
    })
  }

  readPoints() { this.scene.points = readPoints(numbersOf(this.get("points"))) }

  readArrows() {
    this.scene.arrowColour = this.get("vector_colour")
    this.scene.arrows = readArrows(this.get("show_vectors") ? numbersOf(this.get("vectors")) : NOTHING, {
      scale: this.get("vector_scale"), colour: this.scene.arrowColour, dark: this.get("dark"), wide: this.get("vector_width"), heads: this.get("vector_heads"),
    })
  }

  readDensity() {
    const {scene} = this
    const numbers = numbersOf(this.get("density"))
    const nside = Math.round(Math.sqrt(numbers.length / 12))
    if (!this.get("show_density") || numbers.length === 0 || 12 * nside * nside !== numbers.length) {
      Object.assign(scene, {grid: null, map: null})
      return
    }
    if (this.smooth?.nside !== nside) { this.smooth = new SmoothCube(nside) }
    const top = this.get("density_max")
    const range = [0, top > 0 ? top : Math.max(numbers.reduce((a, b) => Math.max(a, b), 0), 1e-9)]
    Object.assign(scene, {map: numbers, nside, range, grid: {side: this.smooth.side, faces: this.smooth.fill(numbers)}})
  }

  readAgain(name) { for (const act of READ_AGAIN[name] ?? []) { this[act]() } }

  changed(name) {
    this.readAgain(name)
    this.look()
    if (PAINT_AGAIN.includes(name)) { this.paint() }
    this.stage.request()
  }

  /** Colours and sizes of the points, by what colours mean and what is selected. */
  paint() {
    const {scene} = this
    const read = scene.points
    const lightest = read.weight.reduce((a, b) => Math.min(a, b), read.heaviest)
    scene.weights = [lightest, read.heaviest]
    scene.points = paintPoints(read, {
      colour: scene.colour, period: scene.period, dark: scene.dark, selection: this.get("selection") ?? [],
      pixel: this.get("point_size") || 4, low: lightest, high: read.heaviest,
    })
  }

  /** Everything that is not a buffer. */
  look() {
    const {scene, stage} = this
    const dark = Boolean(this.get("dark"))
    const theme = dark ? "dark" : "light"
    const showsPoints = Boolean(this.get("show_points")) && scene.points.count > 0
    const colour = this.get("colour")
    Object.assign(scene, {
      dark, inks: INKS[theme], colour, showsPoints, period: this.get("tilt_period") || 2 * Math.PI, weightRamp: RAMP[theme],
      // Under coloured points a density is drawn in quiet grey.
      ramp: scene.grid != null && showsPoints && colour !== "plain" ? QUIET[theme] : RAMP[theme],
      root: this.get("density_scale") === "sqrt", contours: (this.get("contours") ?? []).filter((v) => v > 0), title: this.get("title"),
      densityLabel: this.get("density_label"), weightLabel: this.get("weight_label"), tiltLabel: this.get("tilt_label") || "tilt",
      rings: this.get("show_rings") ? numbersOf(this.get("rings")) : NOTHING,
    })
    stage.setTheme(theme, scene.inks.paper)
    stage.root.setAttribute("aria-label", this.get("caption") || "Sphere of orientations")
    this.mapButton.setAttribute("aria-pressed", String(this.flat))
  }

  draw() {
    const {scene, stage, table} = this
    const {wide, high, ratio, pen} = stage
    scene.view = viewOf({rotation: table.rotation, zoom: table.zoom, pan: table.pan, flat: this.flat, wide, high, ratio})
    scene.settled = stage.settled
    this.layGround()
    this.none ??= {...readPoints(NOTHING), pixel: 1}
    stage.painter.draw({...scene, points: scene.showsPoints ? scene.points : this.none})
    graticuleLabels(pen, scene.view, scene)
    drawRings(pen, scene.view, scene.rings, scene)
    if (scene.showsPoints) { drawPicked(pen, scene.view, scene.points, this.get("picked") ?? -1, scene.inks) }
    if (this.path != null) { lassoPath(pen, this.path, scene.inks) }
    sphereLegends(pen, stage, scene, this.under)
    stage.signature(scene.inks)
  }

  /** The globe itself, which does not change while it turns, on a canvas below; its lines. */
  layGround() {
    const {scene, stage} = this
    const {view} = scene
    const globe = [view.radius, ...view.middle, view.flat, scene.dark, stage.under.width, stage.under.height].join()
    if (globe !== this.globe) {
      drawGlobe(stage.under.getContext("2d"), scene)
      this.globe = globe
    }
    const lines = [view.step, scene.dark].join()
    if (lines !== this.lines) {
      scene.lines = graticuleRows(view.step, scene.inks)
      this.lines = lines
    }
  }

  drag(dx, dy) {
    const {table, scene} = this
    const radius = scene.view.radius / scene.view.ratio
    if (this.flat) {
      table.pan = table.zoom > 1 ? Math.max(-radius, Math.min(radius, table.pan + dy / table.zoom)) : 0
      table.turn(dx / radius * Math.PI / 2, 0)
    } else { table.turn(dx / radius, dy / radius) }
  }

  toggleMap() {
    this.stage.writer.write({projection: this.flat ? "sphere" : "mollweide"}, true)
    this.changed("projection")
  }

  toggleLasso() {
    this.hands.lassoing = !this.hands.lassoing
    this.lassoButton.setAttribute("aria-pressed", String(this.hands.lassoing))
    this.stage.root.dataset.lasso = String(this.hands.lassoing)
  }

  pointAt(x, y, within = 9) {
    return this.scene.showsPoints ? nearestPoint(this.scene.view, this.scene.points, x, y, within) : -1
  }

  pick(k) {
    this.stage.writer.write({picked: k}, true)
    if (k >= 0) { this.stage.say(this.rowsOf(k).map(([name, text]) => `${name} ${text}`).join(", ")) }
    this.stage.request()
  }

  lasso(path, done) {
    const {scene, stage} = this
    this.path = done ? null : path
    if (done) { stage.writer.write({selection: scene.showsPoints ? pointsInside(scene.view, scene.points, path) : []}, true) }
    stage.request()
  }

  /** What the read-out says of a point, or of a place without one. */
  rowsOf(k, at = null) {
    const {points, map, nside, tiltLabel, weightLabel} = this.scene
    const [longitude, latitude] = k >= 0 ? [points.longitude[k], points.latitude[k]] : at
    const rows = [["longitude", degrees(wrapped(longitude))], ["latitude", degrees(latitude)]]
    if (k >= 0) { rows.push([tiltLabel, degrees(points.tilt[k])]) }
    if (k >= 0 && points.heaviest > points.mean * 1.0001) { rows.push([weightLabel || "weight", plainNumber(points.weight[k])]) }
    if (map != null) { rows.push(["density", `${plainNumber(map[pixelOf(nside, longitude, latitude)])} × uniform`]) }
    return rows
  }

  hover(x, y) {
    const {scene, stage} = this
    if (scene.view == null) { return }
    const [sky, k] = [skyUnder(scene.view, x, y), this.pointAt(x, y, 7)]
    if (sky == null && k < 0) { this.leave(); return }
    const {points} = scene
    const colour = k >= 0 && scene.colour === "tilt" ? cssOf(CYCLIC, cyclicIndex(points.tilt[k], scene.period)) : null
    stage.tell(x, y, this.rowsOf(k, sky), colour)
    const place = k >= 0 ? [points.longitude[k], points.latitude[k]] : sky
    const density = scene.map == null ? null : scene.map[pixelOf(scene.nside, ...place)]
    this.under = {tilt: k >= 0 ? points.tilt[k] : null, weight: k >= 0 ? points.weight[k] : null, density}
    stage.request()
  }

  leave() {
    this.stage.tell(0, 0, null)
    if (this.under != null) { this.under = null; this.stage.request() }
  }
}

function render({model, el}) {
  const sphere = new Sphere(model, el)
  return () => sphere.stage.end()
}

export default {render: onAnyPage(render)}
