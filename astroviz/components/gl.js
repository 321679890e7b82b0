// What both pictures need of WebGL2: programs, buffers, tables of colours.

/** A program with its uniforms by name; throws what the driver says. */
function makeProgram(gl, vertex, fragment) {
  const program = gl.createProgram()
  for (const [kind, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(kind)
    gl.shaderSource(shader, `#version 300 es\nprecision highp float;\nprecision highp int;\n${source}`)
    gl.compileShader(shader)
    if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) { throw new Error(gl.getShaderInfoLog(shader) ?? "a shader failed") }
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) { throw new Error(gl.getProgramInfoLog(program) ?? "a program failed") }
  const uniforms = {}
  for (let k = 0; k < gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS); k += 1) {
    const {name} = gl.getActiveUniform(program, k)
    uniforms[name] = gl.getUniformLocation(program, name)
  }
  return {program, uniforms}
}

/** Set uniforms by the shape of what is given: numbers, lists of two to four, nine for a matrix. */
function setUniforms(gl, {uniforms}, values) {
  for (const [name, value] of Object.entries(values)) {
    const place = uniforms[name]
    if (place == null) { continue }
    if (typeof value === "number") { gl.uniform1f(place, value) } else if (value.length === 9) { gl.uniformMatrix3fv(place, true, value) } else { gl[`uniform${value.length}fv`](place, value) }
  }
}

/**
 * Columns of one buffer: [name, numbers] each; the step from row to row is the sum of all. A row
 * may be repeated for the corners of what it is drawn as: instances would cost a call each where
 * there is no graphics card.
 */
function makeRows(gl, {program}, columns, corners = 1) {
  const array = gl.createVertexArray()
  const buffer = gl.createBuffer()
  const step = 4 * columns.reduce((sum, [, numbers]) => sum + numbers, 0)
  gl.bindVertexArray(array)
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  let offset = 0
  for (const [name, numbers] of columns) {
    const place = gl.getAttribLocation(program, name)
    if (place >= 0) {
      gl.enableVertexAttribArray(place)
      gl.vertexAttribPointer(place, numbers, gl.FLOAT, false, step, offset)
    }
    offset += 4 * numbers
  }
  gl.bindVertexArray(null)
  return {array, buffer, corners, count: 0, step: step / 4}
}

/** Fill a buffer; its number of rows follows. */
function fillRows(gl, rows, data) {
  const {corners, step} = rows
  rows.count = data.length / step
  gl.bindBuffer(gl.ARRAY_BUFFER, rows.buffer)
  if (corners === 1) { gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW); return }
  const all = new Float32Array(data.length * corners)
  for (let k = 0, j = 0; k < data.length; k += step) {
    const row = data.subarray(k, k + step)
    for (let i = 0; i < corners; i += 1, j += step) { all.set(row, j) }
  }
  gl.bufferData(gl.ARRAY_BUFFER, all, gl.DYNAMIC_DRAW)
}

/** A texture, smooth between its texels. */
function makeTexture(gl) {
  const texture = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, texture)
  for (const [name, value] of [["MIN_FILTER", "LINEAR"], ["MAG_FILTER", "LINEAR"], ["WRAP_S", "CLAMP_TO_EDGE"], ["WRAP_T", "CLAMP_TO_EDGE"]]) {
    gl.texParameteri(gl.TEXTURE_2D, gl[`TEXTURE_${name}`], gl[value])
  }
  return texture
}

/** Numbers on the six faces of a cube, looked up by direction: no angle need be computed. */
function fillCube(gl, texture, side, faces) {
  gl.bindTexture(gl.TEXTURE_CUBE_MAP, texture)
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4)
  faces.forEach((values, k) => {
    gl.texImage2D(gl.TEXTURE_CUBE_MAP_POSITIVE_X + k, 0, gl.R16F, side, side, 0, gl.RED, gl.FLOAT, values)
  })
  gl.texParameteri(gl.TEXTURE_CUBE_MAP, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
  gl.texParameteri(gl.TEXTURE_CUBE_MAP, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
}

/** A table of 256 colours as a texture. */
function fillColours(gl, texture, table) {
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, table)
}

/**
 * A context on a clear ground; null where WebGL2 is missing, or, if asked to be `quick`, where it
 * is done by software: there the plain canvas is several times as fast. All that is drawn smooths
 * its own edges, since the browser's smoothing costs much.
 */
function contextOf(canvas, quick) {
  const wishes = {antialias: false, alpha: true, premultipliedAlpha: true, depth: true, powerPreference: "high-performance"}
  try {
    const gl = canvas.getContext("webgl2", {...wishes, failIfMajorPerformanceCaveat: quick})
    if (gl != null && quick && bySoftware(gl)) {
      gl.getExtension("WEBGL_lose_context")?.loseContext()
      return null
    }
    return gl
  } catch {
    return null
  }
}

/** Not every browser tells of software by refusing it; its name does. */
function bySoftware(gl) {
  const told = gl.getExtension("WEBGL_debug_renderer_info")
  const name = gl.getParameter(told == null ? gl.RENDERER : told.UNMASKED_RENDERER_WEBGL)
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(String(name))
}
