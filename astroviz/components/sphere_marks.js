// What lies over the sphere: labels of the graticule, rings of the truth, what is picked, legends.

/** Longitudes along the equator, latitudes along the middle or the left edge. */
function graticuleLabels(pen, view, {inks, grid}) {
  // On a density words have no halo of the globe's colour: it would be a blot.
  const look = {colour: grid == null ? inks.faint : inks.ink, paper: inks.globe, size: 10, halo: grid == null ? 2.5 : 0}
  const step = view.step
  for (let longitude = -180 + step; longitude <= 180; longitude += step) {
    if (longitude % (view.flat || step > 15 ? 60 : 30) !== 0 && !(step <= 15)) { continue }
    const [x, y, depth] = screenOf(view, longitude / DEGREES, 0)
    const away = view.flat ? Math.abs(wrapped(longitude / DEGREES - view.heading)) < 2.9 : depth > 0.35
    if (away) { words(pen, `${longitude}°`.replace("-", "−"), x, y + 8, look) }
  }
  const every = view.step / DEGREES
  const column = view.flat ? view.heading : Math.round(view.heading / every) * every
  for (let latitude = -90 + step; latitude < 90; latitude += step) {
    if (latitude === 0) { continue }
    const text = `${latitude}°`.replace("-", "−")
    if (view.flat) {
      const [x, y] = screenOf(view, view.heading - Math.PI + 1e-4, latitude / DEGREES)
      words(pen, text, x - 6, y, {...look, paper: inks.paper, align: "right"})
    } else {
      const [x, y, depth] = screenOf(view, column, latitude / DEGREES)
      if (depth > 0.3) { words(pen, text, x + 4, y - 7, {...look, align: "left"}) }
    }
  }
}

/** Open rings, each in the colour of its tilt. */
function drawRings(pen, view, numbers, {period, inks}) {
  for (let k = 0; k + 2 < numbers.length; k += 3) {
    const [x, y, depth] = screenOf(view, numbers[k], numbers[k + 1])
    if (depth <= 0) { continue }
    const tilt = numbers[k + 2]
    const colour = Number.isFinite(tilt) ? cssOf(CYCLIC, cyclicIndex(tilt, period)) : inks.truth
    openRing(pen, x, y, 9.5, inks.current, inks.paper, 5.5)
    pen.beginPath()
    pen.arc(x, y, 9.5, 0, 2 * Math.PI)
    pen.lineWidth = 3
    pen.strokeStyle = colour
    pen.stroke()
  }
}

/** The picked point: a ring and four hairs. */
function drawPicked(pen, view, points, k, inks) {
  if (k < 0 || k >= points.count) { return }
  const j = ROW * k
  const [x, y, depth] = screenPlace(view, ...points.rows.subarray(j, j + 5))
  if (depth <= 0) { return }
  openRing(pen, x, y, 7, inks.current, inks.paper)
  for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
    pen.beginPath()
    pen.moveTo(x + 10 * dx, y + 10 * dy)
    pen.lineTo(x + 15 * dx, y + 15 * dy)
    pen.lineWidth = 2
    pen.strokeStyle = inks.current
    pen.stroke()
  }
}

/** Wheel of tilts on the right, bar of densities on the left, title and backend. */
function sphereLegends(pen, {wide, high, ratio}, scene, hand) {
  const {inks} = scene
  const small = Math.min(wide, high) < 340
  const [x, y, radius] = small ? [wide - 42, high - 36, 17] : [wide - 52, high - 50, 26]
  if (scene.colour === "tilt" && (scene.showsPoints || scene.rings.length > 0)) {
    angleWheel(pen, x, y, radius, {ratio, period: scene.period, name: scene.tiltLabel, inks, hand: hand?.tilt ?? null})
  } else if (scene.arrowColour === "direction" && scene.arrows.count > 0) {
    angleWheel(pen, x, y, radius, {ratio, period: Math.PI, name: "angle", inks})
  } else if (scene.colour === "weight" && scene.showsPoints) {
    const long = Math.min(110, wide * 0.28)
    colourBar(pen, wide - long - 18, high - 30, long, {table: scene.weightRamp, first: 60, low: scene.weights[0], high: scene.weights[1], name: scene.weightLabel, inks, hand: hand?.weight ?? null})
  }
  if (scene.grid != null) {
    const long = Math.min(150, wide * 0.34)
    colourBar(pen, 18, high - 30, long, {table: scene.ramp, low: scene.range[0], high: scene.range[1], root: scene.root, name: small && wide < 340 ? scene.densityLabel.replace("density relative to uniform", "density / uniform") : scene.densityLabel, inks, hand: hand?.density ?? null})
  }
  if (scene.title) { words(pen, scene.title, 14, 18, {colour: inks.ink, paper: inks.paper, size: 13, align: "left", weight: 600}) }
}
