// The same box without WebGL: everything from the back to the front, ellipsoids as ellipses.

/** Draws a scene on a canvas by its plain context. */
function boxPainterCanvas(canvas) {
  const pen = canvas.getContext("2d")
  const sheet = new Sheet()
  const paint = [0, 0, 0, 0]

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

  /** Colour of a row from `at` on, mixed with the haze of its depth. */
  function hazed(rows, at, alpha, fog, paper) {
    for (let i = 0; i < 3; i += 1) { paint[i] = rows[at + i] * (1 - fog) + paper[i] * fog }
    paint[3] = alpha
  }

  function stampPoint(image, {view, points, paper}, k) {
    const {rows} = points
    const [x, y, depth, near] = boxPlace(view, rows[8 * k], rows[8 * k + 1], rows[8 * k + 2])
    if (rows[8 * k + 3] <= 0 || depth > view.eye - 0.2) { return }
    const fog = hazeOf(depth, view.zoom)
    hazed(rows, 8 * k + 4, rows[8 * k + 7] * (1 - 0.35 * fog), fog, paper)
    stampDisc(image, x * view.ratio, y * view.ratio, boxDiameter(view, points, k, near) / 2 * view.ratio, paint, 0)
  }

  function stampGlyph(image, {view, glyphs, paper}, k) {
    const row = glyphs.rows.subarray(GLYPH * k, GLYPH * (k + 1))
    const [x, y, depth, near] = boxPlace(view, row[0], row[1], row[2])
    if (row[15] === 0 || depth > view.eye - 0.2) { return }
    const fog = hazeOf(depth, view.zoom)
    hazed(row, 12, 1, fog, paper)
    const {wide, high, angle} = shadowOf(view.matrix, row)
    stampEllipse(image, x * view.ratio, y * view.ratio, {wide: wide * view.radius * near, high: high * view.radius * near, angle, paint, fog})
  }

  return {
    backend: "canvas",
    draw(scene) {
      const {view, points, glyphs} = scene
      const all = {...scene, paper: partsOf(scene.inks.paper)}
      const image = sheet.blank(canvas.width, canvas.height)
      pen.clearRect(0, 0, canvas.width, canvas.height)
      drawSticks(scene)
      const m = view.matrix
      const depthOf = (k) => m[0] * glyphs.rows[GLYPH * k] + m[1] * glyphs.rows[GLYPH * k + 1] + m[2] * glyphs.rows[GLYPH * k + 2]
      const bodies = Array.from({length: glyphs.count}, (_, k) => [depthOf(k), k]).sort((a, b) => a[0] - b[0])
      let next = 0
      for (const k of points.order) {
        while (next < bodies.length && bodies[next][0] < points.depth[k]) { stampGlyph(image, all, bodies[next][1]); next += 1 }
        stampPoint(image, all, k)
      }
      for (; next < bodies.length; next += 1) { stampGlyph(image, all, bodies[next][1]) }
      pen.drawImage(sheet.shown(), 0, 0)
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
