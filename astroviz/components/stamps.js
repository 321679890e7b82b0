// Discs without WebGL: put into the pixels of a picture one by one, which is much quicker than
// asking a canvas for a path or a sprite of each.

/** Pixels that are written by hand, as a canvas that can be drawn. */
class Sheet {
  constructor() {
    this.canvas = document.createElement("canvas")
    this.pen = this.canvas.getContext("2d", {willReadFrequently: true})
  }

  /** Clear pixels of this size. */
  blank(wide, high) {
    if (this.image?.width !== wide || this.image?.height !== high) {
      Object.assign(this.canvas, {width: wide, height: high})
      this.image = this.pen.createImageData(wide, high)
    } else { this.image.data.fill(0) }
    return this.image
  }

  shown() {
    this.pen.putImageData(this.image, 0, 0)
    return this.canvas
  }
}

/** A disc over what is there; `paint` holds red, green, blue, opacity (0 to 1) from `at` on. */
function stampDisc({width, height, data}, x, y, given, paint, at) {
  const radius = given > 0.55 ? given : 0.55
  const red = 255 * paint[at], green = 255 * paint[at + 1], blue = 255 * paint[at + 2], full = paint[at + 3]
  const left = Math.max(0, Math.floor(x - radius)), right = Math.min(width - 1, Math.ceil(x + radius))
  const top = Math.max(0, Math.floor(y - radius)), bottom = Math.min(height - 1, Math.ceil(y + radius))
  const outer = (radius + 0.5) * (radius + 0.5), inner = (radius - 0.5) * Math.abs(radius - 0.5)
  for (let row = top; row <= bottom; row += 1) {
    const dy = row + 0.5 - y
    for (let column = left, j = 4 * (row * width + left); column <= right; column += 1, j += 4) {
      const dx = column + 0.5 - x
      const square = dx * dx + dy * dy
      if (square >= outer) { continue }
      const alpha = square <= inner ? full : full * Math.min(1, radius - Math.sqrt(square) + 0.5)
      const below = data[j + 3] / 255 * (1 - alpha)
      const whole = alpha + below
      data[j] = (red * alpha + data[j] * below) / whole
      data[j + 1] = (green * alpha + data[j + 1] * below) / whole
      data[j + 2] = (blue * alpha + data[j + 2] * below) / whole
      data[j + 3] = 255 * whole
    }
  }
}

/** A lit ellipsoid over what is there: half axes, angle of the first upwards, colour, haze. */
function stampEllipse({width, height, data}, x, y, {wide, high, angle, paint, fog}) {
  const [a, b] = [Math.max(wide, 0.8), Math.max(high, 0.8)]
  const [c, s] = [Math.cos(angle), Math.sin(angle)]
  const [reachX, reachY] = [Math.hypot(a * c, b * s), Math.hypot(a * s, b * c)]
  const [left, right] = [Math.max(0, Math.floor(x - reachX)), Math.min(width - 1, Math.ceil(x + reachX))]
  const [top, bottom] = [Math.max(0, Math.floor(y - reachY)), Math.min(height - 1, Math.ceil(y + reachY))]
  for (let row = top; row <= bottom; row += 1) {
    const up = y - row - 0.5
    for (let column = left, j = 4 * (row * width + left); column <= right; column += 1, j += 4) {
      const dx = column + 0.5 - x
      const [u, v] = [(dx * c + up * s) / a, (up * c - dx * s) / b]
      const reach = Math.sqrt(u * u + v * v)
      const cover = Math.max(0, Math.min(1, (1 - reach) * Math.min(a, b) + 0.5))
      if (cover === 0) { continue }
      // The way the surface faces, as if it were a ball that was stretched.
      const [right_, top_] = [u * c - v * s, u * s + v * c]
      const lamp = Math.max(0, 0.7 * Math.sqrt(Math.max(0, 1 - reach * reach)) - 0.45 * right_ + 0.55 * top_)
      const light = 1 - (1 - fog) * (0.5 - 0.56 * lamp)
      for (let i = 0; i < 3; i += 1) { data[j + i] = Math.min(255, 255 * paint[i] * light * cover + data[j + i] * (1 - cover)) }
      data[j + 3] = Math.max(data[j + 3], 255 * cover)
    }
  }
}
