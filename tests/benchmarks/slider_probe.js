// Put into both pages of the slider benchmark. `window.move(share)` is the page's own: it does what
// a hand does, moving the slider to a share of its range.

(wanted) => {
  const now = () => performance.now()
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  const models = Bokeh.documents.flatMap((d) => [...d._all_models.values()])
  const figures = models.filter((m) => m.type.endsWith("Figure"))
  const figure = figures.find((m) => wanted === "" || m.name === wanted)
  const sources = figure.renderers.map((r) => r.data_source)
  const source = sources.find((s) => s?.get_length() > 90)
  const column = (data, k) => [...(data instanceof Map ? data.values() : Object.values(data))][k]
  const view_of = (model) => Bokeh.index.find_one_by_id(model.id)

  const pictures = []  // when the draws on screen became others, and a number that tells which
  const paints = {panel: [], page: []}  // ends of repaints of the panel, and of any panel
  // Weights of both signs: a sum of like ones would hide what moves from one place to the next.
  const digest = () => [0, 1].map((k) => Array.from(column(source.data, k))
    .reduce((sum, value, place) => sum + value * Math.cos(12.9898 * place + k), 0))
    .reduce((sum, part) => sum + part, 0)
  const same = (a, b) => Math.abs(a - b) <= 1e-6 * (1 + Math.abs(b))
  let shown = digest()
  source.properties.data.change.connect(() => {
    const found = digest()
    // What is written again unchanged, when axes follow the hand at rest, is no news.
    if (!same(found, shown)) { pictures.push({at: now(), digest: found}) }
    shown = found
  })
  view_of(figure).repainted.connect(() => paints.panel.push(now()))
  for (const other of figures) {
    view_of(other)?.repainted.connect(() => paints.page.push(now()))
  }

  const clear = () => {
    pictures.length = 0
    paints.panel.length = 0
    paints.page.length = 0
  }
  const painted = (list, after) => list.find((at) => at > after) ?? NaN
  // The picture of the whole answer: the first time that what stays was drawn.
  const whole = () => pictures.find((p) => same(p.digest, pictures.at(-1).digest))

  let from = 0
  window.once = (share) => {
    clear()
    from = now()
    window.move(share)
  }
  window.drag = async (end) => {
    clear()
    const start = now()
    for (let k = 0; k < 60; k++) {
      window.move(0.4 + (end - 0.4) * k / 59)
      const next = start + (k + 1) * 1000 / 60
      if (k < 59) { await sleep(Math.max(0, next - now())) }
    }
    from = now()
    return from - start
  }

  // What came of the last gesture, once all is quiet; times are from its last move.
  window.report = () => {
    if (pictures.length === 0) { return null }
    const [first, last] = [pictures[0], whole()]
    const page = paints.page.filter((at) => at > last.at && at < last.at + 400)
    return {
      first: painted(paints.panel, first.at) - from,
      whole: painted(paints.panel, last.at) - from,
      page: Math.max(...page) - from,
      pictures: pictures.length,
      during: pictures.filter((p) => p.at < from).length,
      digest: last.digest,
    }
  }
}
