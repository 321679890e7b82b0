// What lies over the box: ticks with their unit, the picked point, its neighbours, the scale of sizes.

/** Ticks along one edge of the frame for each axis. */
function boxTicks(pen, view, read, {inks, unit}) {
  const look = {colour: inks.faint, paper: inks.paper, size: 10, halo: 2.5}
  for (const {axis, at, out} of tickEdges(view, read)) {
    const [a, b] = [at(0), at(read.side)]
    const length = Math.hypot(a[0] - b[0], a[1] - b[1])
    // An axis seen end on has no room for numbers.
    if (length < 46) { continue }
    for (const tick of ticksOf(0, read.side, length > 150 ? 4 : 2)) {
      const [x, y, depth] = at(tick)
      if (depth > view.eye - 0.2) { continue }
      pen.strokeStyle = inks.edge
      pen.lineWidth = 1
      pen.beginPath()
      pen.moveTo(x, y)
      pen.lineTo(x + 4 * out[0], y + 4 * out[1])
      pen.stroke()
      words(pen, plainNumber(tick), x + 13 * out[0], y + 12 * out[1], look)
    }
    const [x, y] = at(read.side / 2)
    const name = `${"xyz"[axis]}${unit ? ` (${unit})` : ""}`
    words(pen, name, x + 30 * out[0], y + 29 * out[1], {...look, colour: inks.ink, size: 11, align: out[0] < -0.7 ? "right" : out[0] > 0.7 ? "left" : "center"})
  }
}

/** The picked point with lines to its neighbours, and rings on all of them. */
function boxHighlight(pen, view, read, {picked, neighbours, period, inks}) {
  if (picked < 0 || picked >= read.count) { return }
  const stick = new Float32Array(STICK)
  const own = [...read.place.subarray(3 * picked, 3 * picked + 3)]
  const [x, y, depth, near] = boxPlace(view, ...own)
  if (depth > view.eye - 0.2) { return }
  for (const k of neighbours) {
    if (k < 0 || k >= read.count || k === picked) { continue }
    stickBetween(stick, 0, read, picked, k, period)
    const [px, py, there, size] = boxPlace(view, stick[3], stick[4], stick[5])
    if (there > view.eye - 0.2) { continue }
    for (const [colour, width] of [[inks.paper, 3.5], [inks.truth, 1.5]]) {
      pen.strokeStyle = colour
      pen.lineWidth = width
      pen.beginPath()
      pen.moveTo(x, y)
      pen.lineTo(px, py)
      pen.stroke()
    }
    openRing(pen, px, py, boxDiameter(view, read, k, size) / 2 + 2.5, inks.truth, inks.paper, 1.5)
  }
  openRing(pen, x, y, boxDiameter(view, read, picked, near) / 2 + 4, inks.current, inks.paper, 2.5)
}

/** Title, and the name of what sizes mean. */
function boxWords(pen, {wide, high}, {title, sizeLabel, inks}) {
  if (title) { words(pen, title, 14, 18, {colour: inks.ink, paper: inks.paper, size: 13, align: "left", weight: 600}) }
  if (!sizeLabel) { return }
  const [x, y] = [wide - 16, high - 16]
  words(pen, sizeLabel, x - 40, y, {colour: inks.faint, paper: inks.paper, size: 10.5, align: "right"})
  for (const [dx, r] of [[-33, 1.5], [-24, 2.6], [-12, 4.2]]) {
    pen.beginPath()
    pen.arc(x + dx, y, r, 0, 2 * Math.PI)
    pen.fillStyle = inks.faint
    pen.fill()
  }
}
