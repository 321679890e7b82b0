// What the benchmark of the sphere does in the page: the two pictures, and how both are measured.

/** The sphere with a model of its own, as a face has one, but without a kernel. */
window.showOurs = async ([source, css, state, points, size]) => {
  document.head.append(Object.assign(document.createElement("style"), {textContent: css}))
  const el = document.createElement("div")
  el.style.cssText = `width:${size}px;height:${size}px`
  document.body.replaceChildren(el)
  const [values, heard] = [{...state, points: Float32Array.from(points).buffer}, {}]
  const model = {
    get: (name) => values[name], save_changes: () => {}, off: () => {},
    set: (name, value) => { values[name] = value; (heard[name] ?? []).forEach((act) => act()) },
    on: (event, act) => { (heard[event.slice(7)] ??= []).push(act) },
  }
  const code = `${source}\nexport {Sphere, turnedBy}`
  const ours = await import(URL.createObjectURL(new Blob([code], {type: "text/javascript"})))
  const sphere = new ours.Sphere(model, el)
  window.step = (angle) => {
    sphere.table.rotation = ours.turnedBy([0, 0, 0, 1], angle, 0)
    sphere.stage.settled = false
    sphere.stage.drawNow()
  }
  return sphere.stage.painter.backend
}

/** A scatter of Bokeh's: the same points turned here, those in front put into its source. */
window.showTheirs = ([points]) => {
  const models = [...Bokeh.documents[0]._all_models.values()]
  const source = models.find((m) => m.type === "ColumnDataSource")
  const [id] = source.tags
  const view = Bokeh.index.find_one_by_id(id)
  const count = points.length / 4
  window.step = (angle) => {
    const [x, y, tilt] = [[], [], []]
    for (let k = 0; k < count; k += 1) {
      const [longitude, latitude] = [points[4 * k] + angle, points[4 * k + 1]]
      const c = Math.cos(latitude)
      if (c * Math.cos(longitude) > 0) {
        x.push(c * Math.sin(longitude))
        y.push(Math.sin(latitude))
        tilt.push(points[4 * k + 2])
      }
    }
    source.data = {x: Float32Array.from(x), y: Float32Array.from(y), tilt: Float32Array.from(tilt)}
  }
  // Bokeh takes data over in steps of its own and paints with a later frame: a picture counts when
  // it is painted, and the next is begun then.
  const paint = view._actual_paint.bind(view)
  let painted = () => {}
  view._actual_paint = () => { paint(); painted() }
  const put = window.step
  window.step = (angle) => new Promise((done) => { painted = done; put(angle) })
}

/** Pictures a second, each begun in a frame of the browser after the last was drawn. */
window.measure = async (seconds) => {
  const frame = () => new Promise((done) => requestAnimationFrame(done))
  // What does not paint its first pictures within this time (s) has no rate.
  const late = new Promise((done) => setTimeout(() => done("late"), 20000))
  const first = async () => { await step(0); await frame(); await step(0.1); await frame() }
  if (await Promise.race([first(), late]) === "late") { return 0 }
  const start = performance.now()
  let [frames, passed] = [0, 0]
  while (passed < seconds || (frames < 3 && passed < 20)) {
    await step(2 * Math.PI * passed / seconds)
    await frame()
    frames += 1
    passed = (performance.now() - start) / 1000
  }
  return frames / passed
}
