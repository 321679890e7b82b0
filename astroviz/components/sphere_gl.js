// The sphere by WebGL2: density in one pass over the pixels, then graticule, arrows and points. The same places in both projections: what Mollweide's needs per point comes with it.

const SHARED_GLSL = `
uniform mat3 turn;
uniform float flat_, heading;
uniform vec2 middle, size;
uniform float radius;
const float PI = 3.14159265358979;
float wrap(float a) { return a - 2.0 * PI * floor((a + PI) / (2.0 * PI)); }
// Place on the screen in units of the radius, and the depth, of a place with its map angles.
vec3 project(vec3 place, vec2 angles) {
  vec3 seen = turn * place;
  if (flat_ < 0.5) { return vec3(seen.yz, seen.x); }
  return vec3(2.0 / PI * wrap(angles.x - heading) * cos(angles.y), sin(angles.y), 1.0);
}
vec2 clip(vec2 p) { return (middle + p * radius) / size * 2.0 - 1.0; }
`
const GROUND_VERTEX = `
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }
`
// Only where there is a density: the plain globe does not change while it turns.
const GROUND_FRAGMENT = `
${SHARED_GLSL}
uniform samplerCube density;
uniform sampler2D ramp;
uniform float low, high, root, dark, levels[4], level_count;
uniform vec3 edge, contour;
out vec4 colour;
void main() {
  vec2 p = (gl_FragCoord.xy - middle) / radius;
  float reach = flat_ > 0.5 ? length(vec2(p.x / 2.0, p.y)) : length(p);
  if (reach > 1.0 + 4.0 / radius) { discard; }
  // Outside everything is taken from the nearest place inside, so that edges stay smooth.
  vec2 q = p * min(1.0, 0.9995 / max(reach, 1e-6));
  vec3 place;
  float depth = 1.0;
  if (flat_ > 0.5) {
    float c = sqrt(max(1.0 - q.y * q.y, 1e-8)), t = asin(q.y);
    float longitude = heading + PI * q.x / (2.0 * c);
    float z = clamp((2.0 * t + 2.0 * q.y * c) / PI, -1.0, 1.0);
    place = vec3(sqrt(1.0 - z * z) * vec2(cos(longitude), sin(longitude)), z);
  } else {
    depth = sqrt(max(1.0 - dot(q, q), 0.0));
    place = vec3(depth, q) * turn;
  }
  float value = texture(density, place).r;
  float part = clamp((value - low) / max(high - low, 1e-9), 0.0, 1.0);
  part = root > 0.5 ? sqrt(part) : part;
  vec3 lit = texture(ramp, vec2((part * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  // A lamp above on the left, gentle enough to leave the colours of the legend.
  if (flat_ < 0.5) {
    float lamp = dot(vec3(depth, q), vec3(0.7205, -0.4203, 0.5504));
    lit *= dark > 0.5 ? mix(0.74, 1.08, smoothstep(-0.5, 1.0, lamp)) : mix(0.90, 1.005, smoothstep(-0.5, 0.9, lamp));
    float far = 1.0 - depth;
    lit = mix(lit, edge, 0.55 * far * far * far * far * far);
  }
  if (level_count > 0.5) {
    float slope = max(fwidth(value), 1e-9);
    for (int k = 0; k < 4; k += 1) {
      float away = abs(value - levels[k]) / slope;
      float line = float(k) < level_count ? (1.0 - smoothstep(0.5, 1.4, away)) * 0.85 : 0.0;
      lit = mix(lit, contour, line * smoothstep(0.02, 0.2, depth));
    }
  }
  float pixels = flat_ > 0.5 ? radius * mix(2.0, 1.0, abs(q.y)) : radius;
  float inside = clamp((1.0 - reach) * pixels + 0.5, 0.0, 1.0);
  colour = vec4(lit * inside, inside);
}
`
const POINT_VERTEX = `
${SHARED_GLSL}
in vec3 place;
in vec2 angles;
in float wide;
in vec4 paint;
uniform float pixel;
out vec4 tint;
out float diameter;
void main() {
  vec3 p = project(place, angles);
  float seen = smoothstep(-0.02, 0.06, p.z);
  diameter = max(wide * pixel, 1.2);
  gl_PointSize = diameter + 1.5;
  tint = vec4(paint.rgb, paint.a * seen * min(1.0, wide * pixel / 1.2));
  gl_Position = seen > 0.0 && paint.a > 0.0 && wide > 0.0 ? vec4(clip(p.xy), 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
`
const POINT_FRAGMENT = `
in vec4 tint;
in float diameter;
uniform vec3 outline;
out vec4 colour;
void main() {
  float away = length(gl_PointCoord - 0.5) * (diameter + 1.5);
  float inside = clamp(diameter * 0.5 - away + 0.5, 0.0, 1.0);
  float rim = diameter > 7.0 ? smoothstep(diameter * 0.5 - 1.6, diameter * 0.5 - 0.8, away) : 0.0;
  float alpha = inside * tint.a;
  if (alpha < 0.004) { discard; }
  colour = vec4(mix(tint.rgb, outline, rim * 0.65) * alpha, alpha);
}
`
const ARROW_VERTEX = `
${SHARED_GLSL}
in vec3 start, end;
in vec2 start_angles, end_angles;
in vec4 paint;
uniform float wide, head, near, corners;
out vec4 tint;
// Distances to the edges in pixels; the least of them is what counts.
out vec3 inside;
void main() {
  vec3 p = project(start, start_angles), q = project(end, end_angles);
  float seen = smoothstep(near * -0.2, near, min(p.z, q.z));
  vec2 a = p.xy * radius, b = q.xy * radius;
  float far = length(b - a);
  if (flat_ > 0.5 && far > radius) { seen = 0.0; }
  vec2 along = far > 1e-3 ? (b - a) / far : vec2(1.0, 0.0);
  vec2 across = vec2(-along.y, along.x);
  float tip = head > 0.5 ? min(wide * 4.4, far * 0.62) : 0.0;
  float shaft = 0.5 * min(wide, max(far * 0.25, wide * 0.5));
  float grown = shaft + 0.75;
  int k = gl_VertexID % int(corners);
  vec2 place;
  if (k < 6) {
    float side = k == 0 || k == 1 || k == 4 ? -1.0 : 1.0;
    place = (k == 1 || k == 4 || k == 5 ? b - along * tip : a) + across * side * grown;
    inside = vec3(shaft + side * grown, shaft - side * grown, 1.0) + 0.5;
  } else {
    // The head, a little too large all round, with its distance to each side at the corners.
    float half_ = 0.4 * tip;
    vec2 one = k == 6 ? vec2(tip + 2.0, 0.0) : vec2(-0.8, k == 7 ? half_ + 1.6 : -half_ - 1.6);
    place = b - along * tip + along * one.x + across * one.y;
    vec2 side = normalize(vec2(half_, tip));
    inside = vec3(one.x, (tip - one.x) * side.x - one.y * side.y, (tip - one.x) * side.x + one.y * side.y) + 0.5;
  }
  tint = vec4(paint.rgb, paint.a * seen);
  bool gone = seen * paint.a <= 0.0 || (k >= 6 && tip < 1.0);
  gl_Position = gone ? vec4(2.0, 2.0, 2.0, 1.0) : vec4(clip(place / radius), 0.0, 1.0);
}
`
const ARROW_FRAGMENT = `
in vec4 tint;
in vec3 inside;
out vec4 colour;
void main() {
  float alpha = tint.a * clamp(min(inside.x, min(inside.y, inside.z)), 0.0, 1.0);
  colour = vec4(tint.rgb * alpha, alpha);
}
`

/** Draws a scene on a canvas by WebGL2; null where it cannot. */
function spherePainterGl(canvas, quick) {
  const gl = contextOf(canvas, quick)
  if (gl == null) { return null }
  const ground = makeProgram(gl, GROUND_VERTEX, GROUND_FRAGMENT)
  const points = makeProgram(gl, POINT_VERTEX, POINT_FRAGMENT)
  const arrows = makeProgram(gl, ARROW_VERTEX, ARROW_FRAGMENT)
  const dots = makeRows(gl, points, [["place", 3], ["angles", 2], ["wide", 1], ["paint", 4]])
  const dart = [["start", 3], ["start_angles", 2], ["end", 3], ["end_angles", 2], ["paint", 4]]
  const [darts, lines] = [makeRows(gl, arrows, dart, 9), makeRows(gl, arrows, dart, 6)]
  const [density, ramp] = [gl.createTexture(), makeTexture(gl)]
  const seen = {}

  /** Send on what has changed since it was drawn last. */
  function update(scene) {
    if (seen.points !== scene.points) { fillRows(gl, dots, scene.points.rows); seen.points = scene.points }
    if (seen.arrows !== scene.arrows) { fillRows(gl, darts, scene.arrows.rows); seen.arrows = scene.arrows }
    if (seen.lines !== scene.lines) { fillRows(gl, lines, scene.lines); seen.lines = scene.lines }
    if (seen.ramp !== scene.ramp) { fillColours(gl, ramp, scene.ramp); seen.ramp = scene.ramp }
    if (seen.grid !== scene.grid && scene.grid != null) {
      fillCube(gl, density, scene.grid.side, scene.grid.faces)
      seen.grid = scene.grid
    }
  }

  function drawDensity(scene, shared) {
    const {inks} = scene
    gl.useProgram(ground.program)
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_CUBE_MAP, density)
    gl.activeTexture(gl.TEXTURE1)
    gl.bindTexture(gl.TEXTURE_2D, ramp)
    gl.uniform1i(ground.uniforms.density, 0)
    gl.uniform1i(ground.uniforms.ramp, 1)
    gl.uniform1fv(ground.uniforms["levels[0]"], [...scene.contours, 0, 0, 0, 0].slice(0, 4))
    setUniforms(gl, ground, {
      ...shared, low: scene.range[0], high: scene.range[1], root: scene.root ? 1 : 0, dark: scene.dark ? 1 : 0,
      level_count: Math.min(scene.contours.length, 4), edge: partsOf(inks.edge), contour: partsOf(inks.ink),
    })
    gl.bindVertexArray(null)
    gl.drawArrays(gl.TRIANGLES, 0, 3)
    gl.activeTexture(gl.TEXTURE0)
  }

  /** Arrows with heads, or the lines of the graticule. */
  function drawSticks(rows, shared, look) {
    if (rows.count === 0) { return }
    gl.useProgram(arrows.program)
    setUniforms(gl, arrows, {...shared, ...look, corners: rows.corners})
    gl.bindVertexArray(rows.array)
    gl.drawArrays(gl.TRIANGLES, 0, rows.corners * rows.count)
  }

  return {
    backend: "webgl2",
    draw(scene) {
      const {view} = scene
      update(scene)
      gl.viewport(0, 0, canvas.width, canvas.height)
      gl.disable(gl.DEPTH_TEST)
      gl.enable(gl.BLEND)
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
      gl.clearColor(0, 0, 0, 0)
      gl.clear(gl.COLOR_BUFFER_BIT)
      const shared = {
        turn: view.matrix, flat_: view.flat ? 1 : 0, heading: view.heading, radius: view.radius,
        middle: [view.middle[0], canvas.height - view.middle[1]], size: [canvas.width, canvas.height],
      }
      if (scene.grid != null) { drawDensity(scene, shared) }
      drawSticks(lines, shared, {wide: view.ratio, head: 0, near: 0.3})
      drawSticks(darts, shared, {wide: scene.arrows.wide * view.ratio, head: scene.arrows.heads ? 1 : 0, near: 0.1})
      if (dots.count > 0) {
        gl.useProgram(points.program)
        setUniforms(gl, points, {...shared, pixel: scene.points.pixel * view.ratio, outline: partsOf(scene.inks.paper)})
        gl.bindVertexArray(dots.array)
        gl.drawArrays(gl.POINTS, 0, dots.count)
      }
      gl.bindVertexArray(null)
    },
    dispose() { gl.getExtension("WEBGL_lose_context")?.loseContext() },
  }
}
