// A sphere of orientations: points, arrows, a density and true places on it, turned by hand.
// One module in the form of anywidget, two faces: Panel on a page, ipywidgets in a notebook.

const SPHERE_TRAITS = [
  "points", "vectors", "rings", "density", "nside", "projection", "colour", "tilt_period", "show_points", "show_density",
  "show_rings", "show_vectors", "dark", "rotation", "zoom", "point_size", "vector_scale", "vector_width", "vector_heads",
  "vector_colour", "contours", "density_max", "density_scale", "density_label", "weight_label", "tilt_label", "title",
  "caption", "selection", "picked", "renderer", "measure",
]
const SPHERE_HELP = [
  ["drag, arrow keys", "turn (Shift: finer)"],
  ["wheel, + and −", "zoom"],
  ["M", "sphere or Mollweide map"],
  ["0, double click", "back to the first view"],
  ["click, Enter", "pick a point; Enter: the one in the middle"],
  ["Shift + drag, L", "select with a lasso; Esc: nothing"],
  ["S", "save as PNG"],
]
const START = lookingAt(0.45, 0.32)
const NOTHING = new Float32Array(0)

function render({model, el}) {
  const get = (name) => model.get(name)
  const state = {rotation: START, zoom: 1, pan: 0, lasso: null, hover: null}
  const scene = {points: readPoints(new Float32Array(0)), arrows: {count: 0, rows: new Float32Array(0)}, grid: null, rings: new Float32Array(0)}
  let grid = null // the weights of a resolution
  const given = () => {
    const q = get("rotation") ?? []
    return q.length === 4 && q.some((c) => c !== 0) ? unitQuaternion(q) : START
  }
  state.rotation = given()
  state.zoom = Math.max(0.5, Math.min(12, get("zoom") || 1))

  const stage = new Stage({model, el, role: "orientation sphere", help: SPHERE_HELP, painters: {gl: spherePainterGl, canvas: spherePainterCanvas}, draw})
  const shared = shareView(() => get("group"), (view) => { Object.assign(state, view); write(); stage.moving() })
  stage.ends.push(shared.end)

  const map = stage.button("map", "Sphere or Mollweide map (M)", toggleMap)
  const lasso = stage.button("lasso", "Select with a lasso (L)", toggleLasso)
  stage.button("home", "First view (0)", goHome)
  stage.usualButtons("sphere")

  function readDensity() {
    const numbers = numbersOf(get("density"))
    const nside = Math.round(Math.sqrt(numbers.length / 12))
    if (!get("show_density") || numbers.length === 0 || 12 * nside * nside !== numbers.length) { scene.grid = null; scene.map = null; return }
    if (grid?.nside !== nside) { grid = new SmoothGrid(nside) }
    scene.map = numbers
    scene.nside = nside
    const top = get("density_max")
    scene.range = [0, top > 0 ? top : Math.max(numbers.reduce((a, b) => Math.max(a, b), 0), 1e-9)]
    scene.grid = {wide: grid.wide, high: grid.high, values: grid.fill(numbers)}
  }

  function readArrowsNow() {
    scene.arrowColour = get("vector_colour")
    scene.arrows = readArrows(get("show_vectors") ? numbersOf(get("vectors")) : new Float32Array(0), {
      scale: get("vector_scale") ?? 0.15, colour: scene.arrowColour, dark: get("dark"), wide: get("vector_width") ?? 1.6, heads: get("vector_heads") ?? true,
    })
  }

  function paint() {
    const read = scene.points
    const some = read.weight.length > 0 ? read.weight.reduce((a, b) => Math.min(a, b), Infinity) : 0
    scene.weights = [Math.min(some, read.heaviest), read.heaviest]
    scene.points = paintPoints(read, {
      colour: scene.colour, period: scene.period, dark: scene.dark, selection: get("selection") ?? [],
      pixel: get("point_size") || 4, low: scene.weights[0], high: scene.weights[1],
    })
  }

  /** Take over everything that is not a buffer. */
  function look() {
    const dark = Boolean(get("dark"))
    const theme = dark ? "dark" : "light"
    Object.assign(scene, {
      dark, inks: INKS[theme], ramp: RAMP[theme], colour: get("colour"), period: get("tilt_period") || 2 * Math.PI,
      root: get("density_scale") === "sqrt", contours: (get("contours") ?? []).filter((v) => v > 0), title: get("title"),
      densityLabel: get("density_label"), weightLabel: get("weight_label"), tiltLabel: get("tilt_label") || "tilt",
      rings: get("show_rings") ? numbersOf(get("rings")) : new Float32Array(0),
    })
    scene.range ??= [0, 1]
    stage.paper = scene.inks.paper
    stage.root.dataset.theme = theme
    stage.root.setAttribute("aria-label", get("caption") || "Sphere of orientations")
    map.setAttribute("aria-pressed", String(flat()))
    scene.showsPoints = Boolean(get("show_points")) && scene.points.count > 0
  }

  const flat = () => get("projection") === "mollweide"

  function draw({wide, high, ratio, pen}) {
    scene.view = viewOf({...state, flat: flat(), wide, high, ratio})
    scene.settled = stage.settled
    const shown = scene.showsPoints ? scene.points : {...scene.points, count: 0, rows: NOTHING}
    stage.painter.draw({...scene, points: shown.count ? scene.points : (scene.empty ??= shown)})
    graticuleLabels(pen, scene.view, scene.inks)
    drawRings(pen, scene.view, scene.rings, scene)
    if (scene.showsPoints) { drawPicked(pen, scene.view, scene.points, get("picked") ?? -1, scene.inks) }
    if (state.lasso != null) { lassoPath(pen, state.lasso, scene.inks) }
    sphereLegends(pen, stage, scene, state.hover)
    words(pen, stage.painter.backend === "webgl2" ? "WebGL2" : "Canvas", wide - 8, high - 5, {colour: scene.inks.faint, paper: scene.inks.paper, size: 8, align: "right", base: "bottom", halo: 0})
  }

  function write(now = false) {
    stage.writer.write({rotation: state.rotation.map((c) => Number(c.toFixed(6))), zoom: Number(state.zoom.toFixed(4))}, now)
  }
  function moved() {
    shared.tell({rotation: state.rotation, zoom: state.zoom, pan: state.pan})
    write()
    stage.moving()
  }
  function turn(dx, dy) {
    const radius = scene.view.radius / scene.view.ratio
    if (flat()) {
      state.rotation = turnedBy(state.rotation, dx / radius * Math.PI / 2, 0)
      state.pan = Math.max(-radius, Math.min(radius, state.zoom > 1 ? state.pan + dy / state.zoom : 0))
    } else {
      state.rotation = turnedBy(state.rotation, dx / radius, dy / radius)
    }
    moved()
  }
  function zoom(factor) {
    state.zoom = Math.max(0.6, Math.min(12, state.zoom * factor))
    if (state.zoom <= 1) { state.pan = 0 }
    moved()
  }
  function goHome() {
    Object.assign(state, {rotation: flat() ? [0, 0, 0, 1] : START, zoom: 1, pan: 0})
    moved()
  }
  function toggleMap() {
    stage.writer.write({projection: flat() ? "sphere" : "mollweide"}, true)
    stage.request()
  }
  function toggleLasso() {
    hands.lassoing = !hands.lassoing
    lasso.setAttribute("aria-pressed", String(hands.lassoing))
    stage.root.dataset.lasso = String(hands.lassoing)
  }
  function pick(k) {
    stage.writer.write({picked: k}, true)
    if (k >= 0) { stage.say(rowsOf(k).map(([name, text]) => `${name} ${text}`).join(", ")) }
    stage.request()
  }

  function rowsOf(k, at = null) {
    const {points} = scene
    const [longitude, latitude] = k >= 0 ? [points.longitude[k], points.latitude[k]] : at
    const rows = [["longitude", degrees(wrapped(longitude))], ["latitude", degrees(latitude)]]
    if (k >= 0) { rows.push([scene.tiltLabel, degrees(points.tilt[k])]) }
    if (k >= 0 && points.heaviest > points.mean * 1.0001) { rows.push([scene.weightLabel || "weight", plainNumber(points.weight[k])]) }
    if (scene.map != null) { rows.push(["density", `${plainNumber(scene.map[pixelOf(scene.nside, longitude, latitude)])} × uniform`]) }
    return rows
  }
  function hover(x, y) {
    const {view, points} = scene
    if (view == null) { return }
    const sky = skyUnder(view, x, y)
    const k = scene.showsPoints ? nearestPoint(view, points, x, y, 7) : -1
    if (sky == null && k < 0) { leave(); return }
    stage.tell(x, y, rowsOf(k, sky), k >= 0 && scene.colour === "tilt" ? cssOf(CYCLIC, cyclicIndex(points.tilt[k], scene.period)) : null)
    const place = k >= 0 ? [points.longitude[k], points.latitude[k]] : sky
    state.hover = {
      tilt: k >= 0 ? points.tilt[k] : null, weight: k >= 0 ? points.weight[k] : null,
      density: scene.map == null ? null : scene.map[pixelOf(scene.nside, ...place)],
    }
    stage.request()
  }
  function leave() {
    stage.tell(0, 0, null)
    if (state.hover != null) { state.hover = null; stage.request() }
  }

  const hands = listenToHands(stage, {
    turn, zoom, hover, leave, rest: () => write(true),
    click: (x, y) => pick(scene.showsPoints ? nearestPoint(scene.view, scene.points, x, y) : -1),
    lasso(path, done) {
      state.lasso = done ? null : path
      if (done) { stage.writer.write({selection: scene.showsPoints ? pointsInside(scene.view, scene.points, path) : []}, true) }
      stage.request()
    },
  })
  stage.root.addEventListener("dblclick", (event) => { if (event.target.tagName === "CANVAS") { goHome() } })
  const arrow = (right, up) => (event) => {
    const step = (event.shiftKey ? 1 : 6) / DEGREES * scene.view.radius / scene.view.ratio * (flat() ? 2 / Math.PI : 1)
    turn(right * step, up * step)
    stage.say(`Middle at longitude ${degrees(headingOf(state.rotation), 0)}`)
  }
  listenToKeys(stage, {
    ArrowLeft: arrow(-1, 0), ArrowRight: arrow(1, 0), ArrowUp: arrow(0, -1), ArrowDown: arrow(0, 1),
    "+": () => zoom(1.2), "=": () => zoom(1.2), "-": () => zoom(1 / 1.2), 0: goHome, Home: goHome, m: toggleMap, l: toggleLasso,
    s: () => stage.save("sphere"), "?": () => stage.toggleHelp(),
    Enter: () => pick(nearestPoint(scene.view, scene.points, stage.wide / 2, stage.high / 2, 1e4)),
    Escape: () => { stage.toggleHelp(false); stage.writer.write({selection: [], picked: -1}, true) },
  })

  const BUFFERS = {
    points: () => { scene.points = readPoints(numbersOf(get("points"))) }, vectors: readArrowsNow, density: readDensity,
    show_density: readDensity, density_max: readDensity, show_vectors: readArrowsNow, vector_scale: readArrowsNow,
    vector_width: readArrowsNow, vector_heads: readArrowsNow, vector_colour: readArrowsNow,
  }
  const PAINTED = ["points", "colour", "tilt_period", "dark", "selection", "point_size"]
  function changed(name) {
    if (name === "rotation" || name === "zoom") {
      const [q, z] = [given(), get("zoom") || 1]
      const same = q.every((c, i) => Math.abs(c - state.rotation[i]) < 2e-6) && Math.abs(z - state.zoom) < 2e-4
      if (!same && stage.settled) { Object.assign(state, {rotation: q, zoom: z}) }
    } else if (name === "renderer") { stage.choosePainter() } else if (name === "measure") {
      if (get("measure")) { const from = state.rotation; stage.measure((part) => { state.rotation = turnedBy(from, 2 * Math.PI * part, 0) }) }
    } else { BUFFERS[name]?.() }
    look()
    if (name === "dark") { readArrowsNow() }
    if (PAINTED.includes(name)) { paint() }
    stage.request()
  }
  stage.hear(SPHERE_TRAITS, changed)
  for (const name of ["points", "vectors", "density"]) { BUFFERS[name]() }
  look()
  paint()
  stage.request()
  if (get("measure")) { changed("measure") }
  return () => stage.end()
}

export default {render}
