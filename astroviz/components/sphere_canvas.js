// The same sphere without WebGL: density and points pixel by pixel into one picture, coarser while
// something moves; the graticule and arrows as paths. And the globe itself, for both painters.

const COARSE = 3 // pixels of the device per pixel of a moving density

/** The globe without anything on it: light from above on the left, a shine or shadow around. */
function drawGlobe(pen, {view, inks, dark}) {
  const {canvas} = pen
  const {middle: [x, y], radius, flat, ratio} = view
  pen.clearRect(0, 0, canvas.width, canvas.height)
  const outline = (grown = 0) => {
    pen.beginPath()
    pen.ellipse(x, y, radius * (flat ? 2 : 1) + grown, radius + grown, 0, 0, 2 * Math.PI)
  }
  if (!flat) {
    const glow = pen.createRadialGradient(x, y, radius, x, y, radius * 1.13)
    for (const [at, alpha] of [[0, 1], [0.25, 0.48], [0.5, 0.2], [0.75, 0.07], [1, 0]]) {
      glow.addColorStop(at, dark ? `rgba(107,158,224,${0.24 * alpha})` : `rgba(41,61,87,${0.12 * alpha})`)
    }
    pen.fillStyle = glow
    outline(radius * 0.13)
    pen.fill()
  }
  outline()
  pen.fillStyle = inks.globe
  pen.fill()
  if (!flat) {
    const light = pen.createRadialGradient(x - 0.42 * radius, y - 0.55 * radius, 0, x - 0.1 * radius, y - 0.13 * radius, radius * 1.14)
    for (const [at, colour] of dark
      ? [[0, "rgba(128,160,205,0.16)"], [0.55, "rgba(90,120,160,0.06)"], [1, "rgba(0,0,0,0.26)"]]
      : [[0, "rgba(255,255,255,0.8)"], [0.6, "rgba(255,255,255,0.1)"], [1, "rgba(56,76,100,0.15)"]]) { light.addColorStop(at, colour) }
    pen.fillStyle = light
    pen.fill()
  }
  pen.strokeStyle = inks.edge
  pen.lineWidth = 1.3 * ratio
  pen.stroke()
}

/** Draws a scene on a canvas by its plain context. */
function spherePainterCanvas(canvas) {
  const pen = canvas.getContext("2d")
  const [ground, cloud] = [new Sheet(), new Sheet()]

  /** The pixels of the density, `coarse` pixels of the device wide. */
  function drawDensity(scene, coarse) {
    const {view, grid, ramp, range} = scene
    const image = ground.blank(Math.ceil(canvas.width / coarse), Math.ceil(canvas.height / coarse))
    const {width, height, data} = image
    const values = scene.contours.length > 0 && coarse === 1 ? new Float32Array(width * height).fill(NaN) : null
    const span = range[1] - range[0] || 1
    for (let row = 0, k = 0; row < height; row += 1) {
      const up = (view.middle[1] - (row + 0.5) * coarse) / view.radius
      for (let column = 0; column < width; column += 1, k += 1) {
        const right = ((column + 0.5) * coarse - view.middle[0]) / view.radius
        const place = groundPlace(view, right, up)
        if (place == null) { continue }
        const value = cubeValue(grid, place[0], place[1], place[2])
        if (values != null) { values[k] = value }
        let part = Math.max(0, Math.min(1, (value - range[0]) / span))
        if (scene.root) { part = Math.sqrt(part) }
        const shade = view.flat ? 1 : lampAt(place[3], right, up, scene.dark)
        const at = 3 * Math.round(255 * part)
        for (let i = 0; i < 3; i += 1) { data[4 * k + i] = Math.min(255, ramp[at + i] * shade) }
        data[4 * k + 3] = 255
      }
    }
    if (values != null) { inkContours(image, values, width, scene) }
    pen.save()
    pen.beginPath()
    pen.ellipse(view.middle[0], view.middle[1], view.radius * (view.flat ? 2 : 1), view.radius, 0, 0, 2 * Math.PI)
    pen.clip()
    pen.drawImage(ground.shown(), 0, 0, width * coarse, height * coarse)
    pen.restore()
  }

  /** Lines that share a colour and an opacity are one path. */
  function drawLines({view, lines}) {
    pen.lineWidth = view.ratio
    for (const strong of [false, true]) {
      pen.beginPath()
      for (let j = 0; j < lines.length; j += DART) {
        if ((lines[j + 13] > 0.5) !== strong) { continue }
        const [ax, ay, a] = screenPlace(view, lines[j], lines[j + 1], lines[j + 2], lines[j + 3], lines[j + 4])
        const [bx, by, b] = screenPlace(view, lines[j + 5], lines[j + 6], lines[j + 7], lines[j + 8], lines[j + 9])
        if (Math.min(a, b) <= 0.04 || (view.flat && Math.abs(bx - ax) * view.ratio > view.radius)) { continue }
        pen.moveTo(ax * view.ratio, ay * view.ratio)
        pen.lineTo(bx * view.ratio, by * view.ratio)
      }
      if (lines.length >= DART) { pen.strokeStyle = `rgba(${[10, 11, 12].map((i) => Math.round(255 * lines[i]))},${strong ? 0.6 : 0.36})` }
      pen.stroke()
    }
  }

  function drawArrows({view, arrows}) {
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
    if (points.count === 0) { return }
    const image = cloud.blank(canvas.width, canvas.height)
    const {rows, count} = points
    const {flat, heading, radius, middle: [x, y], matrix: m} = view
    const size = points.pixel * view.ratio / 2
    for (let k = 0, j = 0; k < count; k += 1, j += ROW) {
      if (rows[j + 5] <= 0) { continue }
      if (flat) {
        const right = 2 / Math.PI * wrapped(rows[j + 3] - heading) * Math.cos(rows[j + 4])
        stampDisc(image, x + radius * right, y - radius * Math.sin(rows[j + 4]), rows[j + 5] * size, rows, j + 6)
      } else if (m[0] * rows[j] + m[1] * rows[j + 1] + m[2] * rows[j + 2] > 0) {
        const right = m[3] * rows[j] + m[4] * rows[j + 1] + m[5] * rows[j + 2]
        const up = m[6] * rows[j] + m[7] * rows[j + 1] + m[8] * rows[j + 2]
        stampDisc(image, x + radius * right, y - radius * up, rows[j + 5] * size, rows, j + 6)
      }
    }
    pen.drawImage(cloud.shown(), 0, 0)
  }

  return {
    backend: "canvas",
    draw(scene) {
      pen.clearRect(0, 0, canvas.width, canvas.height)
      if (scene.grid != null) { drawDensity(scene, scene.settled ? 1 : COARSE) }
      drawLines(scene)
      drawArrows(scene)
      drawPoints(scene)
    },
    dispose() {},
  }
}

/** Direction and depth under a place in units of the radius; null outside. */
function groundPlace(view, right, up) {
  if (view.flat) {
    const found = fromMollweide(right, up)
    return found == null ? null : [...towards(found[0] + view.heading, found[1]), 1]
  }
  const rest = 1 - right * right - up * up
  // A little beyond the edge, which the path cuts off smoothly.
  if (rest < -0.04) { return null }
  const held = rest < 0 ? 1 / Math.hypot(right, up) : 1
  const depth = Math.sqrt(Math.max(rest, 0))
  const m = view.matrix
  const [y, z] = [right * held, up * held]
  return [m[0] * depth + m[3] * y + m[6] * z, m[1] * depth + m[4] * y + m[7] * z, m[2] * depth + m[5] * y + m[8] * z, depth]
}

/** Lines one pixel wide where a density is at a level: how far that is, its slope tells. */
function inkContours({data}, values, wide, {contours, inks}) {
  const ink = partsOf(inks.ink).map((c) => 255 * c)
  for (let k = 0; k + wide < values.length; k += 1) {
    const slope = Math.max(Math.hypot(values[k + 1] - values[k], values[k + wide] - values[k]), 1e-9)
    for (const level of contours.slice(0, 4)) {
      const cover = 0.85 * Math.max(0, Math.min(1, 1.35 - Math.abs(values[k] - level) / slope))
      if (cover > 0) { for (let i = 0; i < 3; i += 1) { data[4 * k + i] += cover * (ink[i] - data[4 * k + i]) } }
    }
  }
}

/** The same gentle lamp as in the other painter. */
function lampAt(depth, right, up, dark) {
  const lamp = 0.7205 * depth - 0.4203 * right + 0.5504 * up
  const t = Math.max(0, Math.min(1, (lamp + 0.5) / (dark ? 1.5 : 1.4)))
  const smooth = t * t * (3 - 2 * t)
  return dark ? 0.74 + 0.34 * smooth : 0.9 + 0.105 * smooth
}

/** A line with a head, all in pixels of the device. */
function oneArrow(pen, [ax, ay, bx, by], wide, heads, paint) {
  const far = Math.hypot(bx - ax, by - ay) || 1
  const [dx, dy] = [(bx - ax) / far, (by - ay) / far]
  const tip = heads ? Math.min(wide * 4.4, far * 0.62) : 0
  pen.strokeStyle = pen.fillStyle = paint
  pen.lineWidth = wide
  pen.beginPath()
  pen.moveTo(ax, ay)
  pen.lineTo(bx - dx * tip, by - dy * tip)
  pen.stroke()
  if (!heads) { return }
  const half = 0.4 * tip
  pen.beginPath()
  pen.moveTo(bx, by)
  pen.lineTo(bx - dx * tip - dy * half, by - dy * tip + dx * half)
  pen.lineTo(bx - dx * tip + dy * half, by - dy * tip - dx * half)
  pen.fill()
}
