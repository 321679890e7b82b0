// What is drawn of the synced numbers: rows for the painters, places on the screen, what is near.

const ROW = 10 // numbers of a point: place 3, longitude and map angle 2, diameter 1, colour 4
const DART = 14 // numbers of an arrow: start 3 + 2, end 3 + 2, colour 4

/** @param {Float32Array} numbers longitude, latitude, tilt, weight (rad) of each point */
function readPoints(numbers) {
  const count = Math.floor(numbers.length / 4)
  const read = {count, longitude: new Float32Array(count), latitude: new Float32Array(count), tilt: new Float32Array(count), weight: new Float32Array(count), rows: new Float32Array(ROW * count), heaviest: 0, mean: 0}
  for (let k = 0; k < count; k += 1) {
    const [longitude, latitude, tilt, weight] = numbers.subarray(4 * k, 4 * k + 4)
    read.longitude[k] = longitude
    read.latitude[k] = latitude
    read.tilt[k] = tilt
    read.weight[k] = Math.max(weight, 0)
    read.mean += read.weight[k] / count
    read.heaviest = Math.max(read.heaviest, weight)
    const c = Math.cos(latitude)
    const j = ROW * k
    read.rows[j] = c * Math.cos(longitude)
    read.rows[j + 1] = c * Math.sin(longitude)
    read.rows[j + 2] = Math.sin(latitude)
    read.rows[j + 3] = longitude
    read.rows[j + 4] = mollweideAngle(latitude)
  }
  return read
}

/** Colours and sizes of points; what is not selected fades. Makes a new object: painters notice. */
function paintPoints(read, {colour, period, dark, selection, pixel, low, high}) {
  const {rows, count} = read
  const chosen = selection.length > 0 ? new Set(selection) : null
  const plain = partsOf(INKS[dark ? "dark" : "light"].points)
  const ramp = RAMP[dark ? "dark" : "light"]
  const alpha = count > 8000 ? 0.72 : 0.88
  for (let k = 0; k < count; k += 1) {
    const j = ROW * k + 5
    rows[j] = Math.sqrt(Math.min(read.weight[k] / (read.mean || 1), 9))
    if (colour === "plain") { rows.set(plain, j + 1) } else {
      const [table, at] = colour === "weight"
        ? [ramp, Math.round(60 + 195 * Math.min(1, Math.max(0, (read.weight[k] - low) / (high - low || 1))))]
        : [CYCLIC, cyclicIndex(read.tilt[k], period)]
      for (let i = 0; i < 3; i += 1) { rows[j + 1 + i] = table[3 * at + i] / 255 }
    }
    rows[j + 4] = chosen == null || chosen.has(k) ? alpha : 0.13
  }
  return {...read, pixel, rows}
}

/** @param {Float32Array} numbers unit place and direction of each arrow @param {number} scale radii per unit */
function readArrows(numbers, {scale, colour, dark, wide, heads}) {
  const count = Math.floor(numbers.length / 6)
  const rows = new Float32Array(DART * count)
  const plain = partsOf(INKS[dark ? "dark" : "light"].arrow)
  for (let k = 0; k < count; k += 1) {
    const [x, y, z, dx, dy, dz] = numbers.subarray(6 * k, 6 * k + 6)
    const length = Math.hypot(x, y, z) || 1
    const start = [x / length, y / length, z / length]
    const half = heads ? 0 : scale / 2 // an axis has its middle at its place, an arrow its start
    const from = start.map((c, i) => c - half * [dx, dy, dz][i])
    const end = start.map((c, i) => c + (scale - half) * [dx, dy, dz][i])
    const j = DART * k
    for (const [at, place] of [[0, from], [5, end]]) {
      const far = Math.hypot(...place) || 1
      const [px, py, pz] = place.map((c) => c / far)
      rows.set([px, py, pz, Math.atan2(py, px), mollweideAngle(Math.asin(Math.max(-1, Math.min(1, pz))))], j + at)
    }
    rows.set(colour === "direction" ? directionColour(start, [dx, dy, dz]) : plain, j + 10)
    rows[j + 13] = dx === 0 && dy === 0 && dz === 0 ? 0 : 0.85
  }
  return {count, rows, wide, heads}
}

/** The graticule as short lines, rows as those of arrows; equator and first meridian stronger. */
function graticuleRows(step, inks) {
  const rows = []
  const colour = partsOf(inks.line)
  const line = (places, alpha) => {
    const ends = places.map(([longitude, latitude]) => [...towards(longitude, latitude), longitude, mollweideAngle(latitude)])
    for (let k = 1; k < ends.length; k += 1) { rows.push(...ends[k - 1], ...ends[k], ...colour, alpha) }
  }
  const parts = (n, low, high) => Array.from({length: n + 1}, (_, k) => (low + (high - low) * k / n) / DEGREES)
  for (let longitude = -180; longitude < 180; longitude += step) {
    const top = longitude % 90 === 0 ? 90 : 75
    line(parts(48, -top, top).map((latitude) => [longitude / DEGREES, latitude]), longitude === 0 ? 0.6 : 0.36)
  }
  for (let latitude = -90 + step; latitude < 90; latitude += step) {
    line(parts(96, -180, 180).map((longitude) => [longitude, latitude / DEGREES]), latitude === 0 ? 0.6 : 0.36)
  }
  return new Float32Array(rows)
}

/** Colour of an axis by its position angle, from north over east, 180 degrees round. */
function directionColour([x, y, z], d) {
  const flat = Math.hypot(x, y) || 1e-9
  const east = [-y / flat, x / flat, 0]
  const north = [-z * x / flat, -z * y / flat, flat]
  const dot = (a) => a[0] * d[0] + a[1] * d[1] + a[2] * d[2]
  const at = cyclicIndex(Math.atan2(dot(east), dot(north)), Math.PI)
  return [CYCLIC[3 * at] / 255, CYCLIC[3 * at + 1] / 255, CYCLIC[3 * at + 2] / 255]
}

/** Where the sphere is: middle and radius in pixels of the device. */
function viewOf({rotation, zoom, pan, flat, wide, high, ratio}) {
  // In a small frame the legends have room of their own below.
  const small = Math.min(wide, high) < 340
  const [margin, foot] = flat ? [34, small ? 66 : 58] : [16, small ? 40 : 16]
  const room = flat ? Math.min((wide - 2 * margin) / 4, (high - foot - margin) / 2) : Math.min(wide - 2 * margin, high - margin - foot) / 2
  const radius = Math.max(room, 10) * zoom
  const lift = flat ? Math.max(-radius, Math.min(radius, pan * zoom)) : 0
  return {
    flat, ratio, radius: radius * ratio, matrix: matrixOf(rotation), heading: headingOf(rotation),
    middle: [wide / 2 * ratio, ((high - (foot - margin)) / 2 + lift) * ratio], step: zoom > 2.5 ? 15 : 30,
  }
}

/** Pixels (of the page) and depth of a place given as in a row: vector, longitude, map angle. */
function screenPlace(view, x, y, z, longitude, angle) {
  const {matrix: m, radius, middle, ratio} = view
  if (view.flat) {
    const right = 2 / Math.PI * wrapped(longitude - view.heading) * Math.cos(angle)
    return [(middle[0] + radius * right) / ratio, (middle[1] - radius * Math.sin(angle)) / ratio, 1]
  }
  return [
    (middle[0] + radius * (m[3] * x + m[4] * y + m[5] * z)) / ratio,
    (middle[1] - radius * (m[6] * x + m[7] * y + m[8] * z)) / ratio,
    m[0] * x + m[1] * y + m[2] * z,
  ]
}

/** The same of a longitude and a latitude. */
function screenOf(view, longitude, latitude) {
  return screenPlace(view, ...towards(longitude, latitude), longitude, view.flat ? mollweideAngle(latitude) : 0)
}

/** Longitude and latitude under a pixel of the page; null beside the sphere. */
function skyUnder(view, x, y) {
  const right = (x * view.ratio - view.middle[0]) / view.radius
  const up = (view.middle[1] - y * view.ratio) / view.radius
  if (view.flat) {
    const found = fromMollweide(right, up)
    return found == null ? null : [wrapped(found[0] + view.heading), found[1]]
  }
  const rest = 1 - right * right - up * up
  if (rest < 0) { return null }
  const [px, py, pz] = turnedBack(view.matrix, [Math.sqrt(rest), right, up])
  return [Math.atan2(py, px), Math.asin(Math.max(-1, Math.min(1, pz)))]
}

/** Index of the point next to a pixel, -1 if none is within so many; the later drawn wins. */
function nearestPoint(view, points, x, y, within = 9) {
  let [best, found] = [within * within, -1]
  const {rows, count} = points
  for (let k = 0, j = 0; k < count; k += 1, j += ROW) {
    const [px, py, depth] = screenPlace(view, rows[j], rows[j + 1], rows[j + 2], rows[j + 3], rows[j + 4])
    if (depth > 0 && rows[j + 5] > 0) {
      const away = (px - x) ** 2 + (py - y) ** 2
      if (away <= best) { best = away; found = k }
    }
  }
  return found
}

/** Indices of the points inside of a path. */
function pointsInside(view, points, path) {
  const {rows, count} = points
  const found = []
  for (let k = 0, j = 0; k < count; k += 1, j += ROW) {
    const [px, py, depth] = screenPlace(view, rows[j], rows[j + 1], rows[j + 2], rows[j + 3], rows[j + 4])
    if (depth > 0 && insideOf(path, px, py)) { found.push(k) }
  }
  return found
}
