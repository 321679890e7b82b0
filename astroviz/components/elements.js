// An element in one expression; put before the components that are made of plain elements.

/** @param {string} tag @param {object} props @param {...(Node|string)} children */
function make(tag, props = {}, ...children) {
  const node = document.createElement(tag)
  for (const [key, value] of Object.entries(props)) {
    if (key.startsWith("on")) { node.addEventListener(key.slice(2), value) } else if (key in node) { node[key] = value } else { node.setAttribute(key, value) }
  }
  node.append(...children)
  return node
}

