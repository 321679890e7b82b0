// Hands on a picture: drag, wheel, two fingers, lasso, keys; what they mean is told to callbacks.

const [SLOP, REACH] = [4, 600] // px a click may move, ms it may last

/**
 * @param {Stage} stage
 * @param {object} acts turn(dx, dy), zoom(factor), hover(x, y), leave(), click(x, y, event),
 *   lasso(path, done), rest(): nothing is held any more
 * @returns {{lassoing: boolean}} whether a drag without Shift is a lasso
 */
function listenToHands(stage, acts) {
  const {root} = stage
  const mode = {lassoing: false}
  const held = new Map()
  let [start, path, spread, armed, speed] = [null, null, 0, false, [0, 0]]
  let coasting = null
  const place = (event) => {
    const box = root.getBoundingClientRect()
    return [event.clientX - box.left, event.clientY - box.top]
  }
  const ours = (event) => event.target === root || event.target.tagName === "CANVAS"
  const gap = () => {
    const [a, b] = [...held.values()]
    return Math.hypot(a[0] - b[0], a[1] - b[1])
  }

  function down(event) {
    if (!ours(event) || event.button > 0) { return }
    cancelAnimationFrame(coasting)
    root.focus({preventScroll: true})
    root.setPointerCapture(event.pointerId)
    held.set(event.pointerId, place(event))
    stage.toggleHelp(false)
    if (held.size === 2) { spread = gap(); path = null; return }
    const at = place(event)
    start = {at, time: performance.now(), moved: false}
    speed = [0, 0]
    path = event.shiftKey || mode.lassoing ? [at] : null
    acts.leave()
  }

  function move(event) {
    const at = place(event)
    if (event.movementX !== 0 || event.movementY !== 0) { armed = true }
    if (!held.has(event.pointerId)) {
      if (ours(event)) { acts.hover(...at) } else { acts.leave() }
      return
    }
    const [x, y] = held.get(event.pointerId)
    held.set(event.pointerId, at)
    if (held.size === 2) {
      const now = gap()
      if (spread > 0) { acts.zoom(now / spread) }
      spread = now
      return
    }
    if (Math.hypot(at[0] - start.at[0], at[1] - start.at[1]) > SLOP) { start.moved = true }
    if (!start.moved) { return }
    if (path != null) {
      path.push(at)
      acts.lasso(path, false)
    } else {
      acts.turn(at[0] - x, at[1] - y)
      speed = [0.7 * speed[0] + 0.3 * (at[0] - x), 0.7 * speed[1] + 0.3 * (at[1] - y)]
      start.last = performance.now()
    }
  }

  function up(event) {
    if (!held.delete(event.pointerId)) { return }
    if (held.size > 0) { start = {...start, moved: true}; path = null; return }
    if (start == null) { return }
    if (path != null && start.moved) { acts.lasso(path, true) } else if (!start.moved && performance.now() - start.time < REACH) {
      acts.click(...start.at, event)
    } else if (performance.now() - (start.last ?? 0) < 50 && !quiet()) { coast() } else { acts.rest() }
    path = null
  }

  /** What was let go while it moved goes on a little. */
  function coast() {
    speed = speed.map((v) => v * 0.94)
    if (Math.hypot(...speed) < 0.15) { acts.rest(); return }
    acts.turn(...speed)
    coasting = requestAnimationFrame(coast)
  }

  function wheel(event) {
    // A page that is scrolled past a picture must not be caught by it: a hand comes first.
    if (!armed && !event.ctrlKey && root.getRootNode().activeElement !== root) { return }
    event.preventDefault()
    const lines = event.deltaMode === 1 ? 16 : 1
    acts.zoom(Math.exp(-Math.max(-120, Math.min(120, event.deltaY * lines)) / 500))
  }

  const cancel = (event) => { held.delete(event.pointerId); path = null; acts.rest() }
  const leave = () => { armed = false; if (held.size === 0) { acts.leave() } }
  const all = {pointerdown: down, pointermove: move, pointerup: up, pointercancel: cancel, pointerleave: leave}
  for (const [name, act] of Object.entries(all)) { root.addEventListener(name, act) }
  root.addEventListener("wheel", wheel, {passive: false})
  stage.ends.push(() => cancelAnimationFrame(coasting))
  return mode
}

/** Keys to acts: {"ArrowLeft": act(event), ...}; those of the browser are left alone. */
function listenToKeys(stage, acts) {
  stage.root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== stage.root) { return }
    const act = acts[event.key] ?? acts[event.key.toLowerCase()]
    if (act == null) { return }
    event.preventDefault()
    event.stopPropagation()
    act(event)
  })
}

/** Whether a place is inside of a closed path. */
function insideOf(path, x, y) {
  let inside = false
  for (let k = 0, j = path.length - 1; k < path.length; j = k, k += 1) {
    const [[ax, ay], [bx, by]] = [path[k], path[j]]
    if ((ay > y) !== (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax) { inside = !inside }
  }
  return inside
}
