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

/** Columns of one buffer: [name, numbers] each; the step from row to row is the sum of all. */
function makeRows(gl, {program}, columns, divisor = 0) {
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
      gl.vertexAttribDivisor(place, divisor)
    }
    offset += 4 * numbers
  }
  gl.bindVertexArray(null)
  return {array, buffer, count: 0, step: step / 4}
}

/** Fill a buffer; its number of rows follows. */
function fillRows(gl, rows, data) {
  gl.bindBuffer(gl.ARRAY_BUFFER, rows.buffer)
  gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW)
  rows.count = data.length / rows.step
}

/** A texture, smooth between its texels; the first direction goes round if told. */
function makeTexture(gl, round = false) {
  const texture = gl.createTexture()
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, round ? gl.REPEAT : gl.CLAMP_TO_EDGE)
  gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE)
  return texture
}

/** A table of 256 colours as a texture. */
function fillColours(gl, texture, table) {
  gl.bindTexture(gl.TEXTURE_2D, texture)
  gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1)
  gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, table)
}

/** A context with smooth edges on a clear ground; null where WebGL2 is missing. */
function contextOf(canvas) {
  try {
    return canvas.getContext("webgl2", {antialias: true, alpha: true, premultipliedAlpha: true, depth: true, powerPreference: "high-performance"})
  } catch {
    return null
  }
}
