// Moves the drops of the galaxy rain while it plays; one loop for each figure of floors.
// Arrays are changed in place, so that nothing of it goes back to the server.

const loops = (window.astrovizRain ??= new WeakMap())
if (!loops.has(floors) && control.data.playing[0]) {
  const PERIOD = 7000 // ms of one fall, rest included
  const STEP = 33 // ms between pictures
  const TURNS = [0.16, 0.32, 0.48, 0.62] // parts of the period where a floor is reached
  let [clock, last, missing] = [loops.get(control) ?? 0, performance.now(), 0]
  loops.set(floors, true)

  const mix = (a, b, t) => a + (b - a) * t
  const ease = (t) => t * t * (3 - 2 * t)
  const part = (t, from, to) => ease(Math.min(Math.max((t - from) / (to - from), 0), 1))

  /** Columns as long as there are drops, kept from picture to picture. */
  function room(source, count) {
    for (const name of ["x", "y", "lit", "grey"]) {
      if (source.data[name].length !== count) { source.data[name] = new Float32Array(count) }
    }
    return source.data
  }

  function move() {
    const {start, true_x, seen_x, seen_y, kept, delay} = drops.data
    const count = start.length
    const [above, below] = [room(high, count), room(low, count)]
    const [left, right] = [plane.x_range.start, plane.x_range.end]
    const top = plane.y_range.end
    const inset = 0.06 * (right - left)
    for (let k = 0; k < count; k++) {
      const t = (clock / PERIOD + delay[k]) % 1
      const begin = mix(left + inset, right - inset, start[k])
      const [one, two, three] = [part(t, 0, TURNS[0]), part(t, TURNS[0], TURNS[1]), part(t, TURNS[1], TURNS[2])]
      const lost = !kept[k]
      const end = part(t, TURNS[2], TURNS[3])
      above.x[k] = mix(mix(begin, true_x[k], one), seen_x[k], two)
      above.y[k] = mix(mix(mix(heights[0], heights[1], one), heights[2], two), heights[3], three)
      const appear = Math.min(t / 0.04, 1)
      if (t < TURNS[2]) {
        [above.lit[k], above.grey[k]] = [0, 0.85 * appear]
      } else if (lost) {
        above.x[k] += 0.06 * (right - left) * end
        ;[above.lit[k], above.grey[k]] = [0, 0.85 * (1 - end)]
      } else {
        const left_over = 1 - part(t, TURNS[2], TURNS[2] + 0.06)
        above.y[k] = mix(heights[3], -0.05, 1 - left_over)
        ;[above.lit[k], above.grey[k]] = [left_over, 0]
      }
      below.x[k] = seen_x[k]
      below.y[k] = mix(top, seen_y[k], end)
      const rests = 1 - part(t, 0.9, 1)
      below.lit[k] = lost || t < TURNS[2] + 0.04 ? 0 : 0.9 * rests
      below.grey[k] = 0
    }
    high.change.emit()
    low.change.emit()
  }

  function frame(now) {
    if (!control.data.playing[0]) { loops.delete(floors); loops.set(control, clock); return }
    const view = Bokeh.index.find_one_by_id(floors.id)
    if (view == null && ++missing > 20) { loops.delete(floors); return }
    const shown = view?.el?.checkVisibility?.() ?? view != null
    if (!shown || document.hidden) { last = now; setTimeout(() => requestAnimationFrame(frame), 400); return }
    missing = 0
    if (now - last >= STEP) {
      clock += Math.min(now - last, 100)
      last = now
      move()
    }
    requestAnimationFrame(frame)
  }
  requestAnimationFrame(frame)
}
