// A view that is turned and zoomed: by hand, by keys, by its face in Python, by others of its group.

class Turntable {
  /**
   * @param {Stage} stage
   * @param {{start: number[], limits: number[], level: Function}} parts `level()`: the first view
   *   is level, as that of a map
   */
  constructor(stage, {start, limits, level = () => false}) {
    Object.assign(this, {stage, start, limits, level, pan: 0})
    this.take()
    const group = () => stage.model.get("group")
    this.shared = shareView(group, (view) => {
      Object.assign(this, view)
      this.write()
      stage.moving()
    })
    stage.ends.push(this.shared.end)
  }

  /** What the model says. */
  given() {
    const [q, zoom] = [this.stage.model.get("rotation") ?? [], this.stage.model.get("zoom") || 1]
    const some = q.length === 4 && q.some((c) => c !== 0)
    return {rotation: some ? unitQuaternion(q) : this.start, zoom: this.held(zoom)}
  }

  held(zoom) { return Math.max(this.limits[0], Math.min(this.limits[1], zoom)) }

  take() { Object.assign(this, this.given()) }

  /** The model has changed: follow, unless it is our own word, or a hand is turning. */
  follow() {
    const {rotation, zoom} = this.given()
    const same = rotation.every((c, i) => Math.abs(c - this.rotation[i]) < 2e-6) && Math.abs(zoom - this.zoom) < 2e-4
    if (!same && this.stage.settled) { this.take() }
  }

  /** Angles (rad) to the right and downwards. */
  turn(right, down) {
    this.rotation = turnedBy(this.rotation, right, down)
    this.moved()
  }

  scale(factor) {
    this.zoom = this.held(this.zoom * factor)
    if (this.zoom <= 1) { this.pan = 0 }
    this.moved()
  }

  goHome() {
    Object.assign(this, {rotation: this.level() ? [0, 0, 0, 1] : this.start, zoom: 1, pan: 0})
    this.moved()
  }

  moved() {
    this.shared.tell({rotation: this.rotation, zoom: this.zoom, pan: this.pan})
    this.write()
    this.stage.moving()
  }

  write(now = false) {
    this.stage.writer.write({rotation: this.rotation.map((c) => Number(c.toFixed(6))), zoom: Number(this.zoom.toFixed(4))}, now)
  }

  /** Once round, for the count of frames. */
  measure() {
    const from = this.rotation
    this.stage.measure((part) => { this.rotation = turnedBy(from, 2 * Math.PI * part, 0) })
  }

  /** The keys every picture has; `pixels` per radian tells how far one step is. */
  keys(turn) {
    const step = (right, down) => (event) => {
      const angle = (event.shiftKey ? 1 : 6) / DEGREES
      turn(right * angle, down * angle)
      this.stage.say(`Seen from longitude ${degrees(headingOf(this.rotation), 0)}`)
    }
    const home = () => this.goHome()
    return {
      ArrowLeft: step(-1, 0), ArrowRight: step(1, 0), ArrowUp: step(0, -1), ArrowDown: step(0, 1),
      "+": () => this.scale(1.2), "=": () => this.scale(1.2), "-": () => this.scale(1 / 1.2), 0: home, Home: home,
      "?": () => this.stage.toggleHelp(),
    }
  }
}
