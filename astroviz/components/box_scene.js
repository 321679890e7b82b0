// A box of space as it is seen: places on the screen, their depth, what is near, its ticks.
// Units inside: half a side of the box is 1, its middle (or what is looked at) is 0.

const [POINT, STICK, GLYPH] = [5, 9, 16]
const EYE = 4.2 // distance of the eye, half sides
// Void, sheet, filament, knot; then further categories: all of Okabe & Ito.
const CATEGORIES = {
  light: ["#8b95a1", "#2b8fd0", "#e09a00", "#cf4a00", "#cc79a7", "#009e73", "#0072b2", "#1c2530"],
  dark: ["#7d8a9a", "#56b4e9", "#f2b134", "#ff6b35", "#dd93ba", "#2cc295", "#4a9fd8", "#e6eaef"],
}

/** Colour of a category, round again after the last; what has none has that of all points. */
function categoryColour(category, dark) {
  const all = CATEGORIES[dark ? "dark" : "light"]
  return category >= 0 ? all[category % all.length] : INKS[dark ? "dark" : "light"].points
}

/** @param {Float32Array} numbers x, y, z (Mpc/h), size, category of each point */
function readBox(numbers, side, focus) {
  const count = Math.floor(numbers.length / 5)
  const middle = focus?.length === 3 ? focus : [side / 2, side / 2, side / 2]
  const half = side / 2 || 1
  const read = {count, half, middle, side, place: new Float32Array(3 * count), size: new Float32Array(count), category: new Int32Array(count), rows: new Float32Array(8 * count), order: new Uint32Array(count), depth: new Float32Array(count)}
  for (let k = 0; k < count; k += 1) {
    for (let i = 0; i < 3; i += 1) { read.place[3 * k + i] = (numbers[5 * k + i] - middle[i]) / half }
    read.size[k] = numbers[5 * k + 3]
    read.category[k] = Math.round(numbers[5 * k + 4])
  }
  return read
}

/** Rows of the points: place 3, diameter 1, colour 4. */
function paintBox(read, {dark, hidden, selection, pixel}) {
  const {rows, count} = read
  const gone = new Set(hidden)
  const chosen = selection.length > 0 ? new Set(selection) : null
  const colours = new Map()
  for (let k = 0; k < count; k += 1) {
    const c = read.category[k]
    if (!colours.has(c)) { colours.set(c, partsOf(categoryColour(c, dark))) }
    rows.set(read.place.subarray(3 * k, 3 * k + 3), 8 * k)
    rows[8 * k + 3] = gone.has(c) ? 0 : Math.max(read.size[k], 0)
    rows.set(colours.get(c), 8 * k + 4)
    rows[8 * k + 7] = chosen == null || chosen.has(k) ? 0.92 : 0.1
  }
  return {...read, pixel}
}

/** Lines between points: ends 3 + 3, colour 3 ... as [x0 y0 z0 x1 y1 z1 width alpha kind]. */
function readEdges(edges, weights, read, period) {
  const count = Math.floor(edges.length / 2)
  const rows = new Float32Array(STICK * count)
  let used = 0
  for (let k = 0; k < count; k += 1) {
    const [a, b] = [edges[2 * k], edges[2 * k + 1]]
    if (a < 0 || b < 0 || a >= read.count || b >= read.count) { continue }
    stickBetween(rows, used, read, a, b, period)
    const weight = weights.length === count ? Math.max(0, Math.min(1, weights[k])) : 0.5
    rows.set([0.5 + weight, 0.16 + 0.6 * weight * weight, 0], STICK * used + 6)
    used += 1
  }
  return rows.subarray(0, STICK * used)
}

/** From a to the nearest copy of b, if the box goes on periodically. */
function stickBetween(rows, at, read, a, b, period) {
  for (let i = 0; i < 3; i += 1) {
    const start = read.place[3 * a + i]
    let step = read.place[3 * b + i] - start
    if (period) { step -= 2 * Math.round(step / 2) }
    rows[STICK * at + i] = start
    rows[STICK * at + 3 + i] = start + step
  }
}

/** The twelve edges of the box, as lines. */
function frameSticks({middle, half, side}) {
  const corner = (k) => [0, 1, 2].map((i) => ((k >> i & 1) * side - middle[i]) / half)
  const rows = []
  for (let k = 0; k < 8; k += 1) {
    for (let i = 0; i < 3; i += 1) {
      if ((k >> i & 1) === 0) { rows.push(...corner(k), ...corner(k | 1 << i), 0.9, 0.55, 1) }
    }
  }
  return new Float32Array(rows)
}

/** Ellipsoids: middle 3, axes 9 (one after another), colour 3, alpha 1. */
function readGlyphs(numbers, read, {scale, dark, hidden, colour}) {
  const count = Math.floor(numbers.length / 13)
  const rows = new Float32Array(GLYPH * count)
  const gone = new Set(hidden)
  for (let k = 0; k < count; k += 1) {
    const given = numbers.subarray(13 * k, 13 * k + 13)
    for (let i = 0; i < 3; i += 1) { rows[GLYPH * k + i] = (given[i] - read.middle[i]) / read.half }
    for (let i = 3; i < 12; i += 1) { rows[GLYPH * k + i] = given[i] / read.half * scale }
    const category = Math.round(given[12])
    rows.set(colour === "axis" ? axisColour(given.subarray(3, 6)) : partsOf(categoryColour(category, dark)), GLYPH * k + 12)
    rows[GLYPH * k + 15] = gone.has(category) ? 0 : 1
  }
  return {count, rows}
}

/** Colour of an axis without a sign by its longitude, paler towards the poles. */
function axisColour([x, y, z]) {
  const length = Math.hypot(x, y, z) || 1
  const at = cyclicIndex(Math.atan2(y, x), Math.PI)
  const pale = 0.75 * (z / length) ** 2
  return [0, 1, 2].map((i) => CYCLIC[3 * at + i] / 255 * (1 - pale) + 0.78 * pale)
}

/** How the box is seen. */
function boxView({rotation, zoom, perspective, wide, high, ratio}) {
  return {
    matrix: matrixOf(rotation), zoom, ratio, eye: perspective ? EYE : 1e4,
    radius: Math.min(wide - 20, high - 30) / 3.6 * zoom * ratio, middle: [wide / 2 * ratio, (high * 0.455 - 2) * ratio],
  }
}

/** Pixels of the page, depth (larger is nearer) and how much larger than in the middle. */
function boxPlace(view, x, y, z) {
  const {matrix: m, eye, radius, middle, ratio} = view
  const depth = m[0] * x + m[1] * y + m[2] * z
  const near = eye / Math.max(eye - depth, 1e-3)
  return [
    (middle[0] + radius * near * (m[3] * x + m[4] * y + m[5] * z)) / ratio,
    (middle[1] - radius * near * (m[6] * x + m[7] * y + m[8] * z)) / ratio, depth, near,
  ]
}

/** Fraction that the haze takes of what is so deep; the middle of a zoomed box is clear. */
function hazeOf(depth, zoom) {
  return Math.max(0, Math.min(0.82, 0.3 - 0.3 * depth * Math.max(1, Math.sqrt(zoom))))
}

/** Indices from the farthest to the nearest, counted into shelves of depth. */
function sortByDepth(view, read) {
  const {count, place, depth, order} = read
  const m = view.matrix
  const shelves = 1024
  const sizes = new Uint32Array(shelves + 1)
  const shelf = (d) => Math.max(0, Math.min(shelves - 1, Math.floor((d + 2.2) / 4.4 * shelves)))
  for (let k = 0; k < count; k += 1) {
    depth[k] = m[0] * place[3 * k] + m[1] * place[3 * k + 1] + m[2] * place[3 * k + 2]
    sizes[shelf(depth[k]) + 1] += 1
  }
  for (let k = 0; k < shelves; k += 1) { sizes[k + 1] += sizes[k] }
  for (let k = 0; k < count; k += 1) { order[sizes[shelf(depth[k])]++] = k }
  return order
}

/** The point under a pixel: the nearest to the eye of those that are hit, else the next around. */
function boxPointAt(view, read, x, y, within = 8) {
  let [found, best, front, hit] = [-1, within, -Infinity, -1]
  const {place, rows, count} = read
  for (let k = 0; k < count; k += 1) {
    if (rows[8 * k + 3] <= 0) { continue }
    const [px, py, depth, near] = boxPlace(view, place[3 * k], place[3 * k + 1], place[3 * k + 2])
    const away = Math.hypot(px - x, py - y)
    if (away < boxDiameter(view, read, k, near) / 2 && depth > front && depth < view.eye) { front = depth; hit = k }
    if (away < best) { best = away; found = k }
  }
  return hit >= 0 ? hit : found
}

/** Pixels of the page across a point; sizes grow slower than a zoom. */
function boxDiameter(view, {rows, pixel}, k, near) {
  return rows[8 * k + 3] * pixel * near * Math.sqrt(view.zoom)
}

function boxPointsInside(view, read, path) {
  const found = []
  for (let k = 0; k < read.count; k += 1) {
    if (read.rows[8 * k + 3] <= 0) { continue }
    const [px, py, depth] = boxPlace(view, read.place[3 * k], read.place[3 * k + 1], read.place[3 * k + 2])
    if (depth < view.eye && insideOf(path, px, py)) { found.push(k) }
  }
  return found
}

/** For each axis the edge of the frame on which its ticks are: the one farthest out below. */
function tickEdges(view, {middle, half, side}) {
  const at = (place) => boxPlace(view, ...place.map((c, i) => (c - middle[i]) / half))
  const heart = at([side / 2, side / 2, side / 2])
  return [0, 1, 2].map((axis) => {
    const [u, v] = [0, 1, 2].filter((i) => i !== axis)
    const edges = [[0, 0], [0, side], [side, 0], [side, side]].map(([a, b]) => {
      const place = (t) => { const p = [0, 0, 0]; p[axis] = t; p[u] = a; p[v] = b; return p }
      const [x, y] = at(place(side / 2))
      // The vertical axis is read beside the box, the others below it.
      return {place, x, y, score: axis === 2 ? heart[0] - x + 0.2 * (y - heart[1]) : y - heart[1]}
    })
    const {place, x, y} = edges.reduce((a, b) => a.score >= b.score ? a : b)
    const [dx, dy] = [x - heart[0], y - heart[1]]
    const far = Math.hypot(dx, dy) || 1
    return {axis, at: (t) => at(place(t)), out: [dx / far, dy / far]}
  })
}
