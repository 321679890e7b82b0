// Legends and labels by the plain canvas: a wheel of angles, a bar of densities, words with a halo.

const FACE = "Inter, Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"

/** Words that can be read on any ground. */
function words(pen, text, x, y, {colour, paper, size = 11, align = "center", base = "middle", halo = 3, weight = 400}) {
  pen.font = `${weight} ${size}px ${FACE}`
  pen.textAlign = align
  pen.textBaseline = base
  if (halo > 0) {
    pen.lineJoin = "round"
    pen.strokeStyle = paper
    pen.lineWidth = halo
    pen.strokeText(text, x, y)
  }
  pen.fillStyle = colour
  pen.fillText(text, x, y)
}

/** The ring of the cyclic colours as a picture, made once for a size. */
const WHEELS = new Map()
function wheelPicture(radius, ratio) {
  const key = `${radius} ${ratio}`
  if (!WHEELS.has(key)) {
    const picture = document.createElement("canvas")
    picture.width = picture.height = Math.ceil(2 * radius * ratio) + 2
    const pen = picture.getContext("2d")
    const [middle, outer] = [picture.width / 2, radius * ratio]
    for (let k = 0; k < 256; k += 1) {
      const [a, b] = [(k - 0.7) / 128 * Math.PI, (k + 0.7) / 128 * Math.PI]
      pen.beginPath()
      pen.arc(middle, middle, outer, -b, -a)
      pen.arc(middle, middle, outer * 0.62, -a, -b, true)
      pen.fillStyle = cssOf(CYCLIC, k)
      pen.fill()
    }
    WHEELS.set(key, picture)
  }
  return WHEELS.get(key)
}

/** A ring of all angles; a hand at one of them if told. */
function angleWheel(pen, x, y, radius, {period, name, inks, hand = null, ratio = 1}) {
  const inner = radius * 0.62
  const picture = wheelPicture(radius, ratio)
  pen.drawImage(picture, x - picture.width / ratio / 2, y - picture.height / ratio / 2, picture.width / ratio, picture.height / ratio)
  for (let k = 0; k < 4; k += 1) {
    const angle = k * Math.PI / 2
    const [dx, dy] = [Math.cos(angle), -Math.sin(angle)]
    const text = `${Math.round(period * DEGREES * k / 4)}°`
    words(pen, text, x + dx * (radius + 5), y + dy * (radius + 9), {colour: inks.faint, paper: inks.paper, size: radius < 20 ? 9 : 10, align: ["left", "center", "right", "center"][k]})
  }
  words(pen, name, x, y, {colour: inks.ink, paper: inks.paper, size: name.length > 5 || radius < 20 ? 9 : 11, halo: 0})
  if (hand != null) {
    const angle = 2 * Math.PI * hand / period
    const [c, s] = [Math.cos(angle), -Math.sin(angle)]
    pen.strokeStyle = inks.current
    pen.lineWidth = 2.5
    pen.beginPath()
    pen.moveTo(x + inner * c, y + inner * s)
    pen.lineTo(x + (radius + 3) * c, y + (radius + 3) * s)
    pen.stroke()
  }
}

/** Round numbers inside of a range. */
function ticksOf(low, high, wanted = 4) {
  const raw = (high - low) / wanted
  if (!(raw > 0)) { return [low] }
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 2.5, 5, 10].find((s) => s * power >= raw * 0.999) * power
  const found = []
  for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) { found.push(Math.abs(v) < step * 1e-9 ? 0 : v) }
  return found
}

const plainNumber = (value) => String(Number(value.toPrecision(4))).replace("-", "−")

/** A bar of colours with its numbers; the place of a hand if told. */
function colourBar(pen, x, y, wide, {table, low, high, root, name, inks, first = 0, hand = null}) {
  const tall = 9
  for (let k = 0; k < wide; k += 1) {
    pen.fillStyle = cssOf(table, Math.round(first + (255 - first) * k / (wide - 1)))
    pen.fillRect(x + k, y, 1.5, tall)
  }
  pen.strokeStyle = inks.hairline
  pen.lineWidth = 1
  pen.strokeRect(x - 0.5, y - 0.5, wide + 1, tall + 1)
  const part = (value) => { const t = Math.max(0, Math.min(1, (value - low) / (high - low || 1))); return root ? Math.sqrt(t) : t }
  let last = -Infinity
  for (const tick of ticksOf(low, high)) {
    const at = x + wide * part(tick)
    if (at - last < 20) { continue }
    last = at
    words(pen, plainNumber(tick), at, y + tall + 9, {colour: inks.faint, paper: inks.paper, size: 10})
  }
  words(pen, name, x - 1, y - 10, {colour: inks.ink, paper: inks.paper, size: 11, align: "left"})
  if (hand != null) {
    const at = x + wide * part(hand)
    pen.fillStyle = inks.current
    pen.beginPath()
    pen.moveTo(at, y + tall - 2)
    pen.lineTo(at - 4, y + tall + 5)
    pen.lineTo(at + 4, y + tall + 5)
    pen.fill()
  }
}

/** A dashed path and what it will hold. */
function lassoPath(pen, path, inks) {
  pen.beginPath()
  path.forEach(([x, y], k) => k === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y))
  pen.closePath()
  pen.globalAlpha = 0.12
  pen.fillStyle = inks.selection
  pen.fill()
  pen.globalAlpha = 1
  pen.setLineDash([4, 3])
  pen.lineWidth = 1.5
  pen.strokeStyle = inks.selection
  pen.stroke()
  pen.setLineDash([])
}

/** An open ring with a halo, as a mark on anything. */
function openRing(pen, x, y, radius, colour, paper, width = 2) {
  pen.beginPath()
  pen.arc(x, y, radius, 0, 2 * Math.PI)
  pen.strokeStyle = paper
  pen.lineWidth = width + 2.5
  pen.stroke()
  pen.strokeStyle = colour
  pen.lineWidth = width
  pen.stroke()
}
