// The frame of a picture that is turned by hand: three canvases, buttons, a read-out under the
// pointer, help, keys, saving as PNG, and the loop that draws when something has changed.

const ICONS = {
  turn: "M12 3a9 9 0 1 0 9 9M12 3v5m0-5 4 2.5L12 8",
  map: "M2 12c0-4 4.5-7 10-7s10 3 10 7-4.5 7-10 7-10-3-10-7Zm0 0h20M12 5c-3 2-3 12 0 14M12 5c3 2 3 12 0 14",
  lasso: "M7 17c-3-1-4-3-4-6 0-4 4-7 9-7s9 3 9 6.5S17 17 12 17c-2 0-4-.3-4-2s3-2 3 1-1 4-3 5",
  home: "M4 11l8-7 8 7M6 10v9h12v-9",
  save: "M12 4v11m0 0-4-4m4 4 4-4M5 19h14",
  help: "M9 9a3 3 0 1 1 4 2.8c-1 .5-1 1.2-1 2.2m0 3.2v.2",
}

/** A button with an icon drawn by lines. */
function iconButton(icon, label, act) {
  const button = make("button", {type: "button", className: "az-button", title: label, "aria-label": label, onclick: act})
  button.innerHTML = `<svg viewBox="0 0 24 24" width="17" height="17" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="${ICONS[icon]}"/></svg>`
  return button
}

/** Numbers of a trait of bytes, whatever a face hands them on as. */
function numbersOf(value, Kind = Float32Array) {
  if (value == null) { return new Kind(0) }
  const size = Kind.BYTES_PER_ELEMENT
  if (value instanceof ArrayBuffer) { return new Kind(value.slice(0, value.byteLength - value.byteLength % size)) }
  const {buffer, byteOffset = 0, byteLength = 0} = value
  return buffer == null ? new Kind(0) : new Kind(buffer.slice(byteOffset, byteOffset + byteLength - byteLength % size))
}

/** Whether two values of a trait are the same: numbers, texts, lists of numbers. */
function alike(a, b) {
  if (Array.isArray(a) && Array.isArray(b)) { return a.length === b.length && a.every((v, k) => v === b[k]) }
  return a === b
}

/** Writes traits back, at most every so many ms and never an old value after a new one. */
class Writer {
  constructor(model, pause = 60) {
    this.model = model
    this.pause = pause
    this.waiting = {}
    this.timer = null
    this.last = 0
  }

  /** @param {object} values @param {boolean} now */
  write(values, now = false) {
    Object.assign(this.waiting, values)
    if (now || performance.now() - this.last >= this.pause) { this.flush() } else if (this.timer == null) {
      this.timer = setTimeout(() => this.flush(), this.pause)
    }
  }

  flush() {
    clearTimeout(this.timer)
    this.timer = null
    this.last = performance.now()
    const changed = Object.entries(this.waiting).filter(([name, value]) => !alike(this.model.get(name), value))
    this.waiting = {}
    for (const [name, value] of changed) { this.model.set(name, value) }
    if (changed.length > 0) { this.model.save_changes() }
  }
}

const quiet = () => window.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false

/**
 * @param {{model: object, el: HTMLElement, painters: object, role: string, help: string[][], draw: Function}} parts
 * `painters` makes what draws on a canvas: {gl, canvas}; `draw(stage)` draws one picture.
 */
class Stage {
  constructor({model, el, painters, role, help, draw}) {
    Object.assign(this, {model, painters, paint: draw})
    this.writer = new Writer(model)
    this.root = make("div", {className: "az-stage", tabIndex: 0, role: "application", "aria-roledescription": role})
    this.root.dataset.lmSuppressShortcuts = "true" // its keys do not belong to a notebook
    this.under = make("canvas", {className: "az-under", "aria-hidden": "true"})
    this.over = make("canvas", {className: "az-over", "aria-hidden": "true"})
    this.pen = this.over.getContext("2d")
    this.bar = make("div", {className: "az-bar", role: "toolbar", "aria-label": `Tools of the ${role}`})
    this.tip = make("div", {className: "az-tip", hidden: true})
    this.help = make("div", {className: "az-help", hidden: true, role: "note"})
    this.help.append(make("table", {}, ...help.map(([keys, what]) => make("tr", {}, make("th", {textContent: keys}), make("td", {textContent: what})))))
    this.spoken = make("div", {className: "az-spoken", "aria-live": "polite"})
    this.root.append(this.under, this.over, this.bar, this.tip, this.help, this.spoken)
    el.append(this.root)
    this.ends = []
    this.dirty = false
    this.settled = true
    this.choosePainter()
    const watch = new ResizeObserver(() => this.fit())
    watch.observe(this.root)
    this.ends.push(() => watch.disconnect())
    this.fit()
  }

  /** Take WebGL2 where a graphics card does it, or where it is asked for; else the plain canvas. */
  choosePainter() {
    const wanted = this.model.get("renderer")
    this.painter?.dispose()
    this.ground?.remove()
    const fresh = () => {
      this.ground?.remove()
      this.ground = make("canvas", {className: "az-ground", "aria-hidden": "true"})
      this.under.after(this.ground)
      return this.ground
    }
    this.painter = null
    if (wanted !== "canvas") {
      try {
        this.painter = this.painters.gl(fresh(), wanted !== "webgl2")
      } catch (error) {
        console.warn(`drawing without WebGL2: ${error.message}`)
      }
    }
    this.painter ??= this.painters.canvas(fresh())
    const ground = this.ground
    ground.addEventListener("webglcontextlost", () => { if (ground === this.ground && this.root.isConnected) { this.lost() } })
    this.writer.write({backend: this.painter.backend}, true)
    this.root.dataset.backend = this.painter.backend
    this.fit(true)
  }

  /** A browser keeps few contexts: the oldest picture of many goes on without. */
  lost() {
    const {gl} = this.painters
    this.painters.gl = () => null
    this.choosePainter()
    this.painters.gl = gl
  }

  fit(anyway = false) {
    const ratio = Math.min(window.devicePixelRatio || 1, 3)
    const [wide, high] = [this.root.clientWidth, this.root.clientHeight]
    if (!anyway && this.wide === wide && this.high === high && this.ratio === ratio) { return }
    Object.assign(this, {wide, high, ratio})
    for (const canvas of [this.under, this.ground, this.over]) {
      const [w, h] = [Math.max(1, Math.round(wide * ratio)), Math.max(1, Math.round(high * ratio))]
      // What keeps its size keeps its picture.
      if (canvas.width !== w || canvas.height !== h) { Object.assign(canvas, {width: w, height: h}) }
    }
    this.request()
  }

  /** Draw with the next frame of the browser. */
  request() {
    if (this.dirty) { return }
    this.dirty = true
    this.frame = requestAnimationFrame(() => {
      this.dirty = false
      if (this.ratio !== Math.min(window.devicePixelRatio || 1, 3)) { this.fit() }
      this.drawNow()
    })
  }

  drawNow() {
    if (this.wide < 2 || this.high < 2) { return }
    const pen = this.pen
    pen.setTransform(this.ratio, 0, 0, this.ratio, 0, 0)
    pen.clearRect(0, 0, this.wide, this.high)
    this.paint(this)
  }

  /** Motion is drawn quickly, rest is drawn well: tell that something moves. */
  moving() {
    this.settled = false
    clearTimeout(this.calm)
    this.calm = setTimeout(() => { this.settled = true; this.request() }, 160)
    this.request()
  }

  button(icon, label, act) {
    const made = iconButton(icon, label, () => act(made))
    this.bar.append(made)
    return made
  }

  /** The last buttons, the same everywhere. */
  usualButtons(name) {
    this.button("save", "Save as PNG", () => this.save(name))
    const help = this.button("help", "Keys and gestures (?)", () => this.toggleHelp())
    help.setAttribute("aria-expanded", "false")
    this.helpButton = help
  }

  toggleHelp(shown = this.help.hidden) {
    this.help.hidden = !shown
    this.helpButton?.setAttribute("aria-expanded", String(shown))
  }

  /** A read-out beside the pointer: rows of a name and a text; hidden without rows. */
  tell(x, y, rows, colour = null) {
    this.tip.hidden = rows == null
    if (rows == null) { return }
    const swatch = colour == null ? "" : make("i", {style: `background:${colour}`})
    this.tip.replaceChildren(swatch, make("table", {}, ...rows.map(([name, text]) => make("tr", {}, make("th", {textContent: name}), make("td", {textContent: text})))))
    const box = this.tip.getBoundingClientRect()
    this.tip.style.left = `${Math.max(4, x + 16 + box.width > this.wide ? x - box.width - 12 : x + 16)}px`
    this.tip.style.top = `${Math.max(4, Math.min(y + 14, this.high - box.height - 4))}px`
  }

  setTheme(theme, paper) {
    this.root.dataset.theme = theme
    this.paper = paper
  }

  /** What draws, in small. */
  signature(inks) {
    words(this.pen, this.painter.backend === "webgl2" ? "WebGL2" : "Canvas", this.wide / 2, this.high - 4, {colour: inks.faint, paper: inks.paper, size: 8.5, base: "bottom", halo: 0})
  }

  say(text) {
    if (this.spoken.textContent !== text) { this.spoken.textContent = text }
  }

  /** The picture as it is, on the colour of its ground, saved as a file. */
  save(name) {
    this.drawNow()
    const whole = make("canvas", {width: this.ground.width, height: this.ground.height})
    const pen = whole.getContext("2d")
    pen.fillStyle = this.paper ?? "#ffffff"
    pen.fillRect(0, 0, whole.width, whole.height)
    for (const layer of [this.under, this.ground, this.over]) { pen.drawImage(layer, 0, 0) }
    whole.toBlob((blob) => {
      const link = make("a", {href: URL.createObjectURL(blob), download: `${name}.png`})
      link.click()
      setTimeout(() => URL.revokeObjectURL(link.href), 10000)
    })
  }

  /** Frames per second while `step(part)` goes from 0 to 1, written back. */
  measure(step, duration = 1500) {
    if (this.measuring) { return }
    this.measuring = true
    let [start, frames] = [null, 0]
    const next = (now) => {
      start ??= now
      const part = (now - start) / duration
      if (part >= 1 && frames > 1) {
        this.measuring = false
        step(1)
        this.settled = true
        this.drawNow()
        this.writer.write({frames_per_second: 1000 * frames / (now - start), measure: false}, true)
        return
      }
      this.settled = false
      step(part)
      this.drawNow()
      frames += 1
      requestAnimationFrame(next)
    }
    requestAnimationFrame(next)
  }

  /** Call when one of these traits changes, until the end. */
  hear(names, act) {
    for (const name of names) {
      const heard = () => act(name)
      this.model.on(`change:${name}`, heard)
      this.ends.push(() => this.model.off(`change:${name}`, heard))
    }
  }

  end() {
    cancelAnimationFrame(this.frame)
    clearTimeout(this.calm)
    for (const act of this.ends) { act() }
    this.writer.flush()
    this.painter.dispose()
    this.root.remove()
  }
}

/** Views of one group on a page turn together, without a way over the server. */
function shareView(group, act) {
  const me = {}
  const heard = (event) => { if (event.detail.from !== me && event.detail.group === group()) { act(event.detail.view) } }
  document.addEventListener("astroviz-view", heard)
  return {
    tell: (view) => { if (group()) { document.dispatchEvent(new CustomEvent("astroviz-view", {detail: {from: me, group: group(), view}})) } },
    end: () => document.removeEventListener("astroviz-view", heard),
  }
}

/**
 * The `render` of a component, whichever way Panel calls it: all components of a page are rendered by
 * the code of the first one, and one that is no AnyWidget hands over no model of AnyWidget's kind.
 */
function onAnyPage(render) {
  return ({model, el, view}) => {
    const adapter = view?.adapter
    const end = render({model: adapter ?? model, el})
    if (adapter != null && adapter !== model) { view.destroyer = Promise.resolve(end) }
    return end
  }
}
