// Colours: a cyclic one for angles, an even ramp for densities, inks for a light and a dark ground.
//
// The cyclic colours are our own: a closed ellipse in OKLab (Ottosson 2020) walked at constant
// speed, so that equal angles differ equally. Its lightness and its blue-yellow part are a quarter
// turn apart; they are what people who confuse red and green see, so that for them too every angle
// has a colour of its own. astroviz/plots/orientation_colours.py makes the same tables.

const CYCLE = {lightness: [0.64, 0.16], green: [0.02, -0.12], yellow: [-0.01, 0.14]}
// Stops of the ramps: lightness, chroma, hue in degrees.
const RAMPS = {
  light: [[0.985, 0.004, 240], [0.89, 0.042, 225], [0.75, 0.092, 232], [0.58, 0.125, 250], [0.41, 0.125, 268], [0.26, 0.09, 285]],
  dark: [[0.225, 0.022, 258], [0.35, 0.075, 266], [0.5, 0.115, 252], [0.67, 0.115, 228], [0.84, 0.085, 198], [0.97, 0.035, 150]],
}
// Of densities that lie under coloured points: less colour, less depth.
const QUIET_RAMPS = {
  light: [[0.985, 0.003, 240], [0.9, 0.012, 240], [0.8, 0.018, 245], [0.7, 0.024, 250]],
  dark: [[0.225, 0.016, 258], [0.32, 0.024, 256], [0.42, 0.03, 252], [0.53, 0.034, 248]],
}
const INKS = {
  light: {
    ink: "#1c2530", faint: "#5b6775", paper: "#ffffff", globe: "#f6f8fa", edge: "#aab4c0", line: "#5f7388",
    points: "#0072b2", truth: "#d55e00", selection: "#d55e00", current: "#1c2530", arrow: "#33475b", hairline: "#c9d0d8",
  },
  dark: {
    ink: "#e6eaef", faint: "#9aa7b5", paper: "#171c23", globe: "#1d242d", edge: "#56657a", line: "#a9bfd8",
    points: "#56b4e9", truth: "#f2792b", selection: "#f2792b", current: "#ffffff", arrow: "#c6d3e2", hairline: "#3a444f",
  },
}

/** OKLab to sRGB, components from 0 to 1. */
function fromOklab(L, a, b) {
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ]
  return linear.map((c) => {
    const held = Math.max(0, Math.min(1, c))
    return held <= 0.0031308 ? 12.92 * held : 1.055 * held ** (1 / 2.4) - 0.055
  })
}

/** 256 colours round the circle, three bytes each. */
function cyclicTable() {
  const at = (t) => [
    CYCLE.lightness[0] + CYCLE.lightness[1] * Math.cos(t),
    CYCLE.green[0] + CYCLE.green[1] * Math.cos(t),
    CYCLE.yellow[0] + CYCLE.yellow[1] * Math.sin(t),
  ]
  const steps = 4096
  const length = [0]
  for (let k = 1; k <= steps; k += 1) {
    const [p, q] = [at(2 * Math.PI * (k - 1) / steps), at(2 * Math.PI * k / steps)]
    length.push(length[k - 1] + Math.hypot(q[0] - p[0], q[1] - p[1], q[2] - p[2]))
  }
  const table = new Uint8Array(768)
  for (let k = 0, j = 0; k < 256; k += 1) {
    const wanted = length[steps] * k / 256
    while (length[j + 1] <= wanted) { j += 1 }
    const t = 2 * Math.PI * (j + (wanted - length[j]) / (length[j + 1] - length[j])) / steps
    table.set(fromOklab(...at(t)).map((c) => Math.round(255 * c)), 3 * k)
  }
  return table
}

/** 256 colours from the ground of the globe to what stands out most, three bytes each. */
function rampTable(given) {
  const stops = given.map(([L, c, hue]) => [L, c * Math.cos(hue * Math.PI / 180), c * Math.sin(hue * Math.PI / 180)])
  const table = new Uint8Array(768)
  for (let k = 0; k < 256; k += 1) {
    const place = k / 255 * (stops.length - 1)
    const j = Math.min(Math.floor(place), stops.length - 2)
    const mixed = stops[j].map((c, i) => c + (place - j) * (stops[j + 1][i] - c))
    table.set(fromOklab(...mixed).map((c) => Math.round(255 * c)), 3 * k)
  }
  return table
}

const CYCLIC = cyclicTable()
const RAMP = {light: rampTable(RAMPS.light), dark: rampTable(RAMPS.dark)}
const QUIET = {light: rampTable(QUIET_RAMPS.light), dark: rampTable(QUIET_RAMPS.dark)}

/** Entry of a table as text. */
function cssOf(table, k, alpha = 1) {
  return `rgba(${table[3 * k]},${table[3 * k + 1]},${table[3 * k + 2]},${alpha})`
}

/** Place in the cyclic table of an angle. */
function cyclicIndex(angle, period) {
  const turns = angle / period
  return Math.floor(256 * (turns - Math.floor(turns))) & 255
}

/** "#rrggbb" as three numbers from 0 to 1. */
function partsOf(hex) {
  return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16) / 255)
}
