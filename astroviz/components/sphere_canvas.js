// The same sphere without WebGL: the density pixel by pixel, coarser while something moves; the
// graticule as paths; points as small sprites of their colour.

const COARSE = 3 // pixels of the device per pixel of a moving picture

/** Draws a scene on a canvas by its plain context. */
function spherePainterCanvas(canvas) {
  const pen = canvas.getContext("2d")
  const sheet = document.createElement("canvas")
  const sheetPen = sheet.getContext("2d", {willReadFrequently: true})

  /** The pixels of the ground, `coarse` pixels of the device wide. */
  function drawDensity(scene, coarse) {
    const {view, grid, ramp, range} = scene
    const [wide, high] = [Math.ceil(canvas.width / coarse), Math.ceil(canvas.height / coarse)]
    if (sheet.width !== wide || sheet.height !== high) { Object.assign(sheet, {width: wide, height: high}) }
    const image = sheetPen.createImageData(wide, high)
    const values = scene.contours.length > 0 && coarse === 1 ? new Float32Array(wide * high).fill(NaN) : null
    const span = range[1] - range[0] || 1
    for (let row = 0; row < high; row += 1) {
      const up = (view.middle[1] - (row + 0.5) * coarse) / view.radius
      for (let column = 0; column < wide; column += 1) {
        const right = ((column + 0.5) * coarse - view.middle[0]) / view.radius
        const found = groundPlace(view, right, up)
        if (found == null) { continue }
        const value = gridValue(grid, found[0], found[1])
        if (values != null) { values[row * wide + column] = value }
        let part = Math.max(0, Math.min(1, (value - range[0]) / span))
        if (scene.root) { part = Math.sqrt(part) }
        const shade = view.flat ? 1 : lampAt(found[2], right, up, scene.dark)
        const [j, at] = [4 * (row * wide + column), 3 * Math.round(255 * part)]
        for (let i = 0; i < 3; i += 1) { image.data[j + i] = Math.min(255, ramp[at + i] * shade) }
        image.data[j + 3] = 255
      }
    }
    if (values != null) { inkContours(image, values, wide, scene) }
    sheetPen.putImageData(image, 0, 0)
    pen.imageSmoothingEnabled = true
    pen.drawImage(sheet, 0, 0, wide * coarse, high * coarse)
  }

  function outline(view) {
    pen.beginPath()
    pen.ellipse(view.middle[0], view.middle[1], view.radius * (view.flat ? 2 : 1), view.radius, 0, 0, 2 * Math.PI)
  }

  function drawGround(scene) {
    const {view, inks} = scene
    const [x, y] = view.middle
    pen.save()
    if (!view.flat) {
      const glow = pen.createRadialGradient(x, y, view.radius, x, y, view.radius * 1.12)
      glow.addColorStop(0, scene.dark ? "rgba(107,158,224,0.2)" : "rgba(41,61,87,0.12)")
      glow.addColorStop(1, "rgba(41,61,87,0)")
      pen.fillStyle = glow
      pen.beginPath()
      pen.arc(x, y, view.radius * 1.12, 0, 2 * Math.PI)
      pen.fill()
    }
    outline(view)
    pen.fillStyle = inks.globe
    pen.fill()
    pen.clip()
    if (scene.grid != null) { drawDensity(scene, scene.settled ? 1 : COARSE) } else if (!view.flat) {
      const light = pen.createRadialGradient(x - 0.4 * view.radius, y - 0.5 * view.radius, 0, x, y, view.radius * 1.15)
      light.addColorStop(0, scene.dark ? "rgba(130,160,200,0.12)" : "rgba(255,255,255,0.7)")
      light.addColorStop(1, scene.dark ? "rgba(0,0,0,0.3)" : "rgba(60,80,100,0.13)")
      pen.fillStyle = light
      pen.fillRect(x - view.radius, y - view.radius, 2 * view.radius, 2 * view.radius)
    }
    drawGraticule(scene)
    pen.restore()
    outline(view)
    pen.strokeStyle = inks.edge
    pen.lineWidth = view.ratio * 1.3
    pen.stroke()
  }

  /** One line of equal longitude or latitude, where it is seen. */
  function line(view, places) {
    let [joined, before] = [false, 0]
    for (const [longitude, latitude] of places) {
      const [px, py, depth] = screenOf(view, longitude, latitude)
      const there = depth > 0 && !(view.flat && joined && Math.abs(px - before) * view.ratio > view.radius)
      if (there && joined) { pen.lineTo(px * view.ratio, py * view.ratio) } else { pen.moveTo(px * view.ratio, py * view.ratio) }
      joined = depth > 0
      before = px
    }
  }

  function drawGraticule({view, inks}) {
    const [step, few] = [view.step, Array.from({length: 61}, (_, k) => k / 60)]
    pen.strokeStyle = inks.line
    for (const main of [false, true]) {
      pen.beginPath()
      for (let longitude = -180; longitude < 180; longitude += step) {
        const top = longitude % 90 === 0 ? 90 : 75
        if ((longitude === 0) === main) { line(view, few.map((t) => [longitude / DEGREES, (2 * t - 1) * top / DEGREES])) }
      }
      for (let latitude = -90 + step; latitude < 90; latitude += step) {
        if ((latitude === 0) === main) {
          const from = view.flat ? view.heading - Math.PI + 1e-6 : -Math.PI
          line(view, few.map((t) => [from + t * (2 * Math.PI - 2e-6), latitude / DEGREES]))
        }
      }
      pen.globalAlpha = main ? 0.6 : 0.34
      pen.lineWidth = view.ratio
      pen.stroke()
    }
    pen.globalAlpha = 1
  }

  function drawArrows({view, arrows}) {
    pen.lineCap = "round"
    for (let k = 0, j = 0; k < arrows.count; k += 1, j += DART) {
      const r = arrows.rows
      const [ax, ay, a] = screenPlace(view, r[j], r[j + 1], r[j + 2], r[j + 3], r[j + 4])
      const [bx, by, b] = screenPlace(view, r[j + 5], r[j + 6], r[j + 7], r[j + 8], r[j + 9])
      const far = Math.hypot(bx - ax, by - ay)
      if (Math.min(a, b) <= 0 || r[j + 13] === 0 || (view.flat && far * view.ratio > view.radius)) { continue }
      const paint = `rgba(${r[j + 10] * 255},${r[j + 11] * 255},${r[j + 12] * 255},${r[j + 13]})`
      oneArrow(pen, [ax, ay, bx, by].map((c) => c * view.ratio), arrows.wide * view.ratio, arrows.heads, paint)
    }
  }

  function drawPoints({view, points}) {
    const size = points.pixel * view.ratio
    const sprites = new Map()
    for (let k = 0, j = 0; k < points.count; k += 1, j += ROW) {
      const r = points.rows
      const [px, py, depth] = screenPlace(view, r[j], r[j + 1], r[j + 2], r[j + 3], r[j + 4])
      const wide = Math.round(r[j + 5] * size * 2) / 2
      if (depth <= 0 || wide <= 0) { continue }
      const key = Math.round(r[j + 6] * 31) | Math.round(r[j + 7] * 31) << 5 | Math.round(r[j + 8] * 31) << 10 | Math.round(r[j + 9] * 15) << 15 | Math.min(wide * 2, 255) << 19
      let sprite = sprites.get(key)
      if (sprite == null) {
        sprite = discSprite(wide, `rgba(${r[j + 6] * 255},${r[j + 7] * 255},${r[j + 8] * 255},${r[j + 9]})`)
        sprites.set(key, sprite)
      }
      pen.drawImage(sprite, px * view.ratio - sprite.width / 2, py * view.ratio - sprite.height / 2)
    }
  }

  return {
    backend: "canvas",
    draw(scene) {
      pen.clearRect(0, 0, canvas.width, canvas.height)
      drawGround(scene)
      drawArrows(scene)
      drawPoints(scene)
    },
    dispose() {},
  }
}

/** Longitude, latitude and depth under a place in units of the radius; null outside. */
function groundPlace(view, right, up) {
  if (view.flat) {
    const found = fromMollweide(right, up)
    return found == null ? null : [found[0] + view.heading, found[1], 1]
  }
  const rest = 1 - right * right - up * up
  // A little beyond the edge, which the path cuts off smoothly.
  const held = rest < 0 ? 1 / Math.hypot(right, up) : 1
  if (rest < -0.04) { return null }
  const depth = Math.sqrt(Math.max(rest, 0))
  const m = view.matrix
  const [y, z] = [right * held, up * held]
  const px = m[0] * depth + m[3] * y + m[6] * z
  const py = m[1] * depth + m[4] * y + m[7] * z
  const pz = m[2] * depth + m[5] * y + m[8] * z
  return [Math.atan2(py, px), Math.asin(Math.max(-1, Math.min(1, pz))), depth]
}

/** Value of a grid of longitudes and latitudes, linear between its cells. */
function gridValue({wide, high, values}, longitude, latitude) {
  const x = ((longitude / (2 * Math.PI)) % 1 + 1) % 1 * wide - 0.5
  const y = Math.max(0, Math.min(high - 1.001, (0.5 - latitude / Math.PI) * high - 0.5))
  const [i, j] = [Math.floor(x), Math.floor(y)]
  const [a, b] = [(i + wide) % wide, (i + 1) % wide]
  const [u, v] = [x - i, y - j]
  return (values[j * wide + a] * (1 - u) + values[j * wide + b] * u) * (1 - v) + (values[(j + 1) * wide + a] * (1 - u) + values[(j + 1) * wide + b] * u) * v
}

/** Colour the pixels at which a density crosses a level on the way right or down. */
function inkContours(image, values, wide, {contours, inks}) {
  const ink = partsOf(inks.ink).map((c) => 255 * c)
  for (let k = 0; k + wide < values.length; k += 1) {
    for (const level of contours.slice(0, 4)) {
      if ((values[k] - level) * (values[k + 1] - level) < 0 || (values[k] - level) * (values[k + wide] - level) < 0) {
        image.data.set(ink, 4 * k)
      }
    }
  }
}

/** The same gentle lamp as in the other painter. */
function lampAt(depth, right, up, dark) {
  const lamp = (0.72 * depth - 0.42 * right + 0.55 * up) / Math.hypot(0.72, 0.42, 0.55)
  const t = Math.max(0, Math.min(1, (lamp + 0.5) / (dark ? 1.5 : 1.4)))
  const smooth = t * t * (3 - 2 * t)
  return dark ? 0.74 + 0.34 * smooth : 0.9 + 0.105 * smooth
}

/** A line with a head, all in pixels of the device. */
function oneArrow(pen, [ax, ay, bx, by], wide, heads, paint) {
  const far = Math.hypot(bx - ax, by - ay) || 1
  const [dx, dy] = [(bx - ax) / far, (by - ay) / far]
  const tip = heads ? Math.min(wide * 4.2, far * 0.6) : 0
  pen.strokeStyle = pen.fillStyle = paint
  pen.lineWidth = wide
  pen.beginPath()
  pen.moveTo(ax, ay)
  pen.lineTo(bx - dx * tip, by - dy * tip)
  pen.stroke()
  if (!heads) { return }
  const half = wide * 1.6
  pen.beginPath()
  pen.moveTo(bx, by)
  pen.lineTo(bx - dx * tip - dy * half, by - dy * tip + dx * half)
  pen.lineTo(bx - dx * tip + dy * half, by - dy * tip - dx * half)
  pen.fill()
}
