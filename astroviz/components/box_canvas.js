// The same box without WebGL: everything from the back to the front, ellipsoids as ellipses.

/** Draws a scene on a canvas by its plain context. */
function boxPainterCanvas(canvas) {
  const pen = canvas.getContext("2d")
  const sprites = new Map()

  function drawSticks({view, sticks, inks}) {
    for (let j = 0; j < sticks.length; j += STICK) {
      const [ax, ay, a] = boxPlace(view, sticks[j], sticks[j + 1], sticks[j + 2])
      const [bx, by, b] = boxPlace(view, sticks[j + 3], sticks[j + 4], sticks[j + 5])
      if (Math.max(a, b) > view.eye - 0.2) { continue }
      pen.globalAlpha = sticks[j + 7] * (1 - 0.8 * hazeOf((a + b) / 2, view.zoom))
      pen.strokeStyle = sticks[j + 8] > 0.5 ? inks.edge : inks.arrow
      pen.lineWidth = Math.max(sticks[j + 6] * view.ratio, 0.7)
      pen.beginPath()
      pen.moveTo(ax * view.ratio, ay * view.ratio)
      pen.lineTo(bx * view.ratio, by * view.ratio)
      pen.stroke()
    }
    pen.globalAlpha = 1
  }

  /** One point, stamped; its colour is mixed with the haze in a few steps. */
  function stamp({view, points, inks, paperParts}, k) {
    const {rows, pixel} = points
    const [x, y, depth, near] = boxPlace(view, rows[8 * k], rows[8 * k + 1], rows[8 * k + 2])
    if (rows[8 * k + 3] <= 0 || depth > view.eye - 0.2) { return }
    const wide = Math.round(rows[8 * k + 3] * pixel * near * Math.sqrt(view.zoom) * view.ratio * 2) / 2
    const fog = Math.round(hazeOf(depth, view.zoom) * 12) / 12
    const parts = [0, 1, 2].map((i) => Math.round(255 * (rows[8 * k + 4 + i] * (1 - fog) + paperParts[i] * fog)))
    const alpha = rows[8 * k + 7] * (1 - 0.35 * fog)
    const key = `${parts} ${wide} ${alpha.toFixed(2)}`
    if (!sprites.has(key)) {
      if (sprites.size > 4000) { sprites.clear() }
      sprites.set(key, discSprite(wide, `rgba(${parts},${alpha})`))
    }
    const sprite = sprites.get(key)
    pen.drawImage(sprite, x * view.ratio - sprite.width / 2, y * view.ratio - sprite.height / 2)
  }

  function drawGlyph({view, glyphs, paperParts}, k) {
    const row = glyphs.rows.subarray(GLYPH * k, GLYPH * (k + 1))
    const [x, y, depth, near] = boxPlace(view, row[0], row[1], row[2])
    if (row[15] === 0 || depth > view.eye - 0.2) { return }
    const {wide, high, angle} = shadowOf(view.matrix, row)
    const scale = view.radius * near
    const fog = hazeOf(depth, view.zoom)
    const shade = (light) => `rgb(${[0, 1, 2].map((i) => Math.round(255 * Math.min(1, row[12 + i] * light * (1 - fog) + paperParts[i] * fog)))})`
    pen.save()
    pen.translate(x * view.ratio, y * view.ratio)
    pen.rotate(-angle)
    pen.scale(Math.max(wide * scale, 0.6), Math.max(high * scale, 0.6))
    // The lamp stands above on the left of the screen, whatever way the ellipse is turned.
    const [u, v] = [-0.55 * Math.cos(angle) + 0.6 * Math.sin(angle), -0.55 * Math.sin(angle) - 0.6 * Math.cos(angle)]
    const fill = pen.createRadialGradient(u * 0.6, v * 0.6, 0, 0, 0, 1)
    fill.addColorStop(0, shade(1.15))
    fill.addColorStop(1, shade(0.6))
    pen.fillStyle = fill
    pen.beginPath()
    pen.arc(0, 0, 1, 0, 2 * Math.PI)
    pen.fill()
    pen.restore()
  }

  return {
    backend: "canvas",
    draw(scene) {
      const {view, points, glyphs} = scene
      const all = {...scene, paperParts: partsOf(scene.inks.paper)}
      pen.clearRect(0, 0, canvas.width, canvas.height)
      drawSticks(scene)
      const m = view.matrix
      const depthOf = (k) => m[0] * glyphs.rows[GLYPH * k] + m[1] * glyphs.rows[GLYPH * k + 1] + m[2] * glyphs.rows[GLYPH * k + 2]
      const bodies = Array.from({length: glyphs.count}, (_, k) => [depthOf(k), k]).sort((a, b) => a[0] - b[0])
      let next = 0
      for (const k of points.order) {
        while (next < bodies.length && bodies[next][0] < points.depth[k]) { drawGlyph(all, bodies[next][1]); next += 1 }
        stamp(all, k)
      }
      for (; next < bodies.length; next += 1) { drawGlyph(all, bodies[next][1]) }
    },
    dispose() {},
  }
}

/** The ellipse that an ellipsoid is seen as: half axes and the angle of the first (rad, up). */
function shadowOf(m, row) {
  let [yy, yz, zz] = [0, 0, 0]
  for (let i = 3; i < 12; i += 3) {
    const y = m[3] * row[i] + m[4] * row[i + 1] + m[5] * row[i + 2]
    const z = m[6] * row[i] + m[7] * row[i + 1] + m[8] * row[i + 2]
    yy += y * y
    yz += y * z
    zz += z * z
  }
  const [mean, spread] = [(yy + zz) / 2, Math.hypot((yy - zz) / 2, yz)]
  return {wide: Math.sqrt(mean + spread), high: Math.sqrt(Math.max(mean - spread, 0)), angle: Math.atan2(2 * yz, yy - zz) / 2}
}
