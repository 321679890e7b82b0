// HEALPix pixels in ring order (Gorski et al. 2005): which pixel a place is in, where its middle
// is, and weights of the four pixels around a place, by which a map is drawn smoothly.

/** A ring 1 ... 4 nside - 1: z of its middles, number of pixels, its first, offset in pixels. */
function ringOf(nside, ring) {
  const n = nside
  if (ring < n) {
    return {z: 1 - ring * ring / (3 * n * n), count: 4 * ring, first: 2 * ring * (ring - 1), offset: 0.5}
  }
  if (ring <= 3 * n) {
    const offset = (ring - n) % 2 === 0 ? 0.5 : 0
    return {z: 2 * (2 * n - ring) / (3 * n), count: 4 * n, first: 2 * n * (n - 1) + (ring - n) * 4 * n, offset}
  }
  const mirrored = ringOf(n, 4 * n - ring)
  return {...mirrored, z: -mirrored.z, first: 12 * n * n - mirrored.first - mirrored.count}
}

/** Longitude and latitude (rad) of the middle of a pixel. */
function pixelMiddle(nside, pixel) {
  let [low, high] = [1, 4 * nside - 1]
  while (low < high) {
    const ring = (low + high + 1) >> 1
    if (ringOf(nside, ring).first <= pixel) { low = ring } else { high = ring - 1 }
  }
  const {z, count, first, offset} = ringOf(nside, low)
  return [(pixel - first + offset) * 2 * Math.PI / count, Math.asin(z)]
}

/** The pixel of a place (rad). */
function pixelOf(nside, longitude, latitude) {
  const n = nside
  const z = Math.sin(latitude)
  const quarter = (((longitude / (Math.PI / 2)) % 4) + 4) % 4
  if (Math.abs(z) <= 2 / 3) {
    const [middle, slope] = [n * (0.5 + quarter), 0.75 * n * z]
    const up = Math.floor(middle - slope)
    const down = Math.floor(middle + slope)
    const ring = n + 1 + up - down // counted from z = 2/3
    const shift = ring % 2 === 0 ? 1 : 0
    const along = Math.floor((up + down - n + shift + 1) / 2)
    return 2 * n * (n - 1) + (ring - 1) * 4 * n + (((along % (4 * n)) + 4 * n) % (4 * n))
  }
  const part = quarter - Math.floor(quarter)
  // 1 - |z| without the loss of digits at the poles.
  const near = 2 * Math.sin((Math.PI / 2 - Math.abs(latitude)) / 2) ** 2
  const distance = n * Math.sqrt(3 * near)
  const [up, down] = [Math.floor(part * distance), Math.floor((1 - part) * distance)]
  const ring = Math.min(up + down + 1, n)
  const along = Math.min(Math.floor(quarter * ring), 4 * ring - 1)
  return z > 0 ? 2 * ring * (ring - 1) + along : 12 * n * n - 2 * ring * (ring + 1) + along
}

/** Two neighbours in a ring and the weight of the second. */
function alongRing({count, first, offset}, longitude) {
  const place = longitude * count / (2 * Math.PI) - offset
  const left = Math.floor(place)
  const wrap = (k) => first + (((k % count) + count) % count)
  return [wrap(left), wrap(left + 1), place - left]
}

/** Four pixels and their weights, linear along and between rings; flat over the poles' caps. */
function interpolation(nside, longitude, latitude) {
  const z = Math.sin(latitude)
  const last = 4 * nside - 1
  const turned = ((longitude % (2 * Math.PI)) + 2 * Math.PI) % (2 * Math.PI)
  const above = ringAbove(nside, z)
  const [up, down] = [above > 0 ? ringOf(nside, above) : null, above < last ? ringOf(nside, above + 1) : null]
  const angle = (ring) => Math.acos(ring.z)
  const theta = Math.PI / 2 - latitude
  if (up == null) {
    const [a, b, w] = alongRing(down, turned)
    const part = theta / angle(down)
    const rest = (1 - part) / 4
    return {pixels: [(b + 1) & 3, (b + 2) & 3, a, b], weights: [rest, rest, rest + (1 - w) * part, rest + w * part]}
  }
  if (down == null) {
    const [a, b, w] = alongRing(up, turned)
    const part = (Math.PI - theta) / (Math.PI - angle(up))
    const rest = (1 - part) / 4
    const first = 12 * nside * nside - 4
    return {pixels: [a, b, first + ((b - first + 1) & 3), first + ((b - first + 2) & 3)], weights: [rest + (1 - w) * part, rest + w * part, rest, rest]}
  }
  const part = (theta - angle(up)) / (angle(down) - angle(up))
  const [a, b, w] = alongRing(up, turned)
  const [c, d, v] = alongRing(down, turned)
  return {pixels: [a, b, c, d], weights: [(1 - w) * (1 - part), w * (1 - part), (1 - v) * part, v * part]}
}

/** The last ring whose middles are not below a height; 0 above all of them. */
function ringAbove(nside, z) {
  const n = nside
  if (z > 2 / 3) { return Math.min(Math.floor(n * Math.sqrt(3 * Math.max(1 - z, 0))), n) }
  if (z >= -2 / 3) { return Math.floor(n * (2 - 1.5 * z)) }
  return Math.max(4 * n - 1 - Math.floor(n * Math.sqrt(3 * Math.max(1 + z, 0))), 3 * n)
}

// Faces of a cube as graphics cards know them: the direction of a texel at (s, t), both -1 to 1.
const CUBE_FACES = [
  (s, t) => [1, -t, -s], (s, t) => [-1, -t, s], (s, t) => [s, 1, t],
  (s, t) => [s, -1, -t], (s, t) => [s, -t, 1], (s, t) => [-s, -t, -1],
]

/** Weights that take a map to the faces of a cube. */
class SmoothCube {
  constructor(nside) {
    this.nside = nside
    this.side = nside <= 4 ? 32 : nside <= 16 ? 64 : 128
    const cells = 6 * this.side * this.side
    this.pixels = new Int32Array(4 * cells)
    this.weights = new Float32Array(4 * cells)
    for (let k = 0; k < cells; k += 1) {
      const [column, row] = [k % this.side, Math.floor(k / this.side) % this.side]
      const part = (place) => 2 * (place + 0.5) / this.side - 1
      const [x, y, z] = CUBE_FACES[Math.floor(k / this.side / this.side)](part(column), part(row))
      const {pixels, weights} = interpolation(nside, Math.atan2(y, x), Math.atan2(z, Math.hypot(x, y)))
      this.pixels.set(pixels, 4 * k)
      this.weights.set(weights, 4 * k)
    }
  }

  /** @param {Float32Array} map @returns {Float32Array[]} six faces, each row by row */
  fill(map) {
    const {pixels, weights, side} = this
    return CUBE_FACES.map((_, face) => {
      const values = new Float32Array(side * side)
      for (let k = 0, j = 4 * face * side * side; k < values.length; k += 1, j += 4) {
        values[k] = map[pixels[j]] * weights[j] + map[pixels[j + 1]] * weights[j + 1] + map[pixels[j + 2]] * weights[j + 2] + map[pixels[j + 3]] * weights[j + 3]
      }
      return values
    })
  }
}

/** Value on a cube in a direction, linear between the texels of a face. */
function cubeValue({side, faces}, x, y, z) {
  const [a, b, c] = [Math.abs(x), Math.abs(y), Math.abs(z)]
  let face, s, t, m
  if (a >= b && a >= c) { m = a; face = x > 0 ? 0 : 1; s = x > 0 ? -z : z; t = -y } else if (b >= c) { m = b; face = y > 0 ? 2 : 3; s = x; t = y > 0 ? z : -z } else { m = c; face = z > 0 ? 4 : 5; s = z > 0 ? x : -x; t = -y }
  const values = faces[face]
  const [u, v] = [(s / m + 1) * side / 2 - 0.5, (t / m + 1) * side / 2 - 0.5]
  // Beyond the middles of the outermost texels the slope goes on to the edge of the face.
  const [i, j] = [Math.max(0, Math.min(side - 2, Math.floor(u))), Math.max(0, Math.min(side - 2, Math.floor(v)))]
  const [p, q, k] = [u - i, v - j, j * side + i]
  return (values[k] * (1 - p) + values[k + 1] * p) * (1 - q) + (values[k + side] * (1 - p) + values[k + side + 1] * p) * q
}
