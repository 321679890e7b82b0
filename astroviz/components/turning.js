// Turning a view: unit quaternions [x, y, z, w] and what they do to places.
// Axes of a view: x towards the eye, y to the right, z up. Nothing turned: longitude 0 in the middle.

const DEGREES = 180 / Math.PI
const degrees = (angle, digits = 1) => `${(angle * DEGREES).toFixed(digits).replace("-", "−")}°`

/** @param {number[]} a @param {number[]} b @returns {number[]} first b, then a */
function quaternionProduct(a, b) {
  const [ax, ay, az, aw] = a
  const [bx, by, bz, bw] = b
  return [
    aw * bx + ax * bw + ay * bz - az * by,
    aw * by - ax * bz + ay * bw + az * bx,
    aw * bz + ax * by - ay * bx + az * bw,
    aw * bw - ax * bx - ay * by - az * bz,
  ]
}

/** A turn by an angle (rad) about one of the axes 0, 1, 2. */
function turnAbout(axis, angle) {
  const q = [0, 0, 0, Math.cos(angle / 2)]
  q[axis] = Math.sin(angle / 2)
  return q
}

/** Of length 1; no turn at all if what came is no quaternion. */
function unitQuaternion(q) {
  const length = Math.hypot(...(q ?? []))
  return q?.length === 4 && length > 1e-9 && Number.isFinite(length) ? q.map((c) => c / length) : [0, 0, 0, 1]
}

/** Rows of the matrix that takes a place of the world to the view, nine numbers. */
function matrixOf(q) {
  const [x, y, z, w] = q
  return [
    1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w),
    2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w),
    2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y),
  ]
}

/** The view turned by a hand: angles to the right and downwards (rad); north stays above. */
function turnedBy(q, right, down) {
  const level = quaternionProduct(q, turnAbout(2, right))
  const tilted = quaternionProduct(turnAbout(1, down), level)
  const [before, after] = [matrixOf(level)[8], matrixOf(tilted)[8]]
  // Over the pole the world would hang upside down: a hand stops there.
  return unitQuaternion(after < 0 && after < before ? level : tilted)
}

/** Longitude (rad) in the middle of the view; that of what points down where the pole is there. */
function headingOf(q) {
  const m = matrixOf(q)
  const middle = Math.hypot(m[0], m[1])
  return middle > 1e-6 ? Math.atan2(m[1], m[0]) : Math.atan2(-m[7] * Math.sign(m[2]), -m[6] * Math.sign(m[2]))
}

/** A view in which a place is in the middle and north is above. */
function lookingAt(longitude, latitude) {
  return quaternionProduct(turnAbout(1, latitude), turnAbout(2, -longitude))
}

/** @param {number[]} m rows @param {number[]} v @returns {number[]} */
function turnedPlace(m, v) {
  return [
    m[0] * v[0] + m[1] * v[1] + m[2] * v[2],
    m[3] * v[0] + m[4] * v[1] + m[5] * v[2],
    m[6] * v[0] + m[7] * v[1] + m[8] * v[2],
  ]
}

/** The same backwards. */
function turnedBack(m, v) {
  return [
    m[0] * v[0] + m[3] * v[1] + m[6] * v[2],
    m[1] * v[0] + m[4] * v[1] + m[7] * v[2],
    m[2] * v[0] + m[5] * v[1] + m[8] * v[2],
  ]
}

/** A unit vector from longitude and latitude (rad). */
function towards(longitude, latitude) {
  const c = Math.cos(latitude)
  return [c * Math.cos(longitude), c * Math.sin(longitude), Math.sin(latitude)]
}

/** An angle (rad) between -pi and pi. */
function wrapped(angle) {
  return angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI))
}

// Mollweide's projection: an ellipse of half axes 2 and 1, longitude growing to the right.

/** The auxiliary angle: 2 t + sin 2 t = pi sin(latitude), by Newton's method. */
function mollweideAngle(latitude) {
  const wanted = Math.PI * Math.sin(latitude)
  if (Math.abs(latitude) > 1.5707) { return Math.sign(latitude) * Math.PI / 2 }
  let t = latitude * 0.9
  for (let k = 0; k < 40; k += 1) {
    // Near the pole the slope vanishes, and so do the steps: from a start below they never pass it.
    const step = (2 * t + Math.sin(2 * t) - wanted) / Math.max(2 + 2 * Math.cos(2 * t), 1e-9)
    t = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, t - step))
    if (Math.abs(step) < 1e-10) { break }
  }
  return t
}

/** Place on the plane of a longitude counted from the middle of the map. */
function mollweide(longitude, latitude) {
  const t = mollweideAngle(latitude)
  return [2 / Math.PI * wrapped(longitude) * Math.cos(t), Math.sin(t)]
}

/** Longitude from the middle and latitude of a place on the plane; null outside of the map. */
function fromMollweide(x, y) {
  if (x * x / 4 + y * y > 1) { return null }
  const t = Math.asin(y)
  const c = Math.cos(t)
  const latitude = Math.asin(Math.max(-1, Math.min(1, (2 * t + Math.sin(2 * t)) / Math.PI)))
  return [c > 1e-9 ? Math.max(-Math.PI, Math.min(Math.PI, Math.PI * x / (2 * c))) : 0, latitude]
}
