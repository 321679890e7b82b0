// Small grey pictures as tiles; where one can be picked, they are a group of radio buttons.

/** Paint a square picture of grey bytes. */
function paint(canvas, {side, pixels}) {
  canvas.width = canvas.height = side
  const bytes = Uint8Array.from(atob(pixels), (c) => c.charCodeAt(0))
  const image = new ImageData(side, side)
  bytes.forEach((grey, k) => image.data.set([grey, grey, grey, 255], 4 * k))
  canvas.getContext("2d").putImageData(image, 0, 0)
}

export function render({model, el}) {
  const box = make("div", {className: "strip"})
  let tiles = []

  function pick(k) {
    const to = (k + tiles.length) % tiles.length
    tiles[to].focus()
    model.send_msg({pick: to})
  }
  function key(event, k) {
    const step = {ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1}[event.key]
    if (step != null) {
      event.preventDefault()
      event.stopPropagation()
      pick(k + step)
    }
  }
  function mark() {
    tiles.forEach((tile, k) => {
      if (!model.pickable) { return }
      tile.setAttribute("aria-checked", String(k === model.chosen))
      tile.tabIndex = k === Math.max(model.chosen, 0) ? 0 : -1
    })
  }
  function read() {
    const pictures = JSON.parse(model.pictures)
    box.style.setProperty("--side", `${model.size}px`)
    box.setAttribute("role", model.pickable ? "radiogroup" : "list")
    box.setAttribute("aria-label", model.label)
    tiles = pictures.map((picture, k) => {
      const canvas = make("canvas", {"aria-hidden": "true"})
      paint(canvas, picture)
      const tile = model.pickable
        ? make("button", {className: "tile", role: "radio", title: picture.label, "aria-label": picture.label, onclick: () => pick(k), onkeydown: (e) => key(e, k)}, canvas)
        : make("div", {className: "tile", role: "listitem", title: picture.label, "aria-label": picture.label}, canvas)
      return tile
    })
    box.replaceChildren(...tiles)
    mark()
  }
  for (const name of ["pictures", "label", "size"]) { model.on(name, read) }
  model.on("chosen", mark)
  read()
  el.append(box)
}
