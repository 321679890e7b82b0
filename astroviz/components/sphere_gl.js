// The sphere by WebGL2: ground, density and graticule in one pass over the pixels, then arrows and
// points. The same places in both projections: what Mollweide's needs per point comes with it.

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
const GROUND_FRAGMENT = `
${SHARED_GLSL}
uniform sampler2D density, ramp;
uniform float show, low, high, root, dark, levels[4], level_count, step_;
uniform vec3 globe, edge, line, contour;
out vec4 colour;
// How much of a line at whole multiples of one there is, one pixel wide.
float ruled(float x) {
  float width = min(fwidth(x), fwidth(fract(x + 0.5)));
  float away = abs(fract(x - 0.5) - 0.5) / max(width, 1e-6);
  return (1.0 - smoothstep(0.35, 1.15, away)) * (1.0 - smoothstep(0.12, 0.3, width));
}
void main() {
  vec2 p = (gl_FragCoord.xy - middle) / radius;
  float reach = flat_ > 0.5 ? length(vec2(p.x / 2.0, p.y)) : length(p);
  // Outside everything is taken from the nearest place inside, so that edges stay smooth.
  vec2 q = p * min(1.0, 0.9995 / max(reach, 1e-6));
  float longitude, latitude, depth = 1.0;
  if (flat_ > 0.5) {
    float t = asin(clamp(q.y, -1.0, 1.0));
    longitude = heading + PI * q.x / (2.0 * max(cos(t), 1e-4));
    latitude = asin(clamp((2.0 * t + sin(2.0 * t)) / PI, -1.0, 1.0));
  } else {
    vec3 seen = vec3(sqrt(max(1.0 - dot(q, q), 0.0)), q);
    vec3 place = seen * turn;
    longitude = atan(place.y, place.x);
    latitude = asin(clamp(place.z, -1.0, 1.0));
    depth = seen.x;
  }
  vec3 lit = globe;
  float value = 0.0;
  if (show > 0.5) {
    value = texture(density, vec2(longitude / (2.0 * PI), 0.5 - latitude / PI)).r;
    float part = clamp((value - low) / max(high - low, 1e-9), 0.0, 1.0);
    part = root > 0.5 ? sqrt(part) : part;
    lit = texture(ramp, vec2((part * 255.0 + 0.5) / 256.0, 0.5)).rgb;
  }
  // A lamp above on the left, gentle enough to leave the colours of the legend.
  if (flat_ < 0.5) {
    vec3 normal = vec3(depth, q);
    float lamp = dot(normal, normalize(vec3(0.72, -0.42, 0.55)));
    float shade = dark > 0.5 ? mix(0.74, 1.08, smoothstep(-0.5, 1.0, lamp)) : mix(0.90, 1.005, smoothstep(-0.5, 0.9, lamp));
    lit *= shade;
    lit = mix(lit, edge, 0.55 * pow(1.0 - depth, 5.0));
  }
  float plain = latitude * 180.0 / PI, around = longitude * 180.0 / PI;
  float polar = smoothstep(0.0, 0.5, 75.2 - abs(plain));
  float meridian = max(ruled(around / step_) * polar, ruled(around / 90.0));
  float parallel = ruled(plain / step_) * (abs(plain) < 89.0 ? 1.0 : 0.0);
  float main_ = max(ruled(plain / 180.0), ruled(around / 360.0));
  float lines = max(max(meridian, parallel) * 0.34, main_ * 0.6) * smoothstep(0.03, 0.3, depth);
  lit = mix(lit, line, lines);
  if (show > 0.5) {
    float slope = max(fwidth(value), 1e-9);
    for (int k = 0; k < 4; k += 1) {
      if (float(k) < level_count) {
        float away = abs(value - levels[k]) / slope;
        lit = mix(lit, contour, (1.0 - smoothstep(0.5, 1.4, away)) * 0.85 * smoothstep(0.02, 0.2, depth));
      }
    }
  }
  float pixels = flat_ > 0.5 ? 1.0 / max(fwidth(reach), 1e-6) : radius;
  float inside = clamp((1.0 - reach) * pixels + 0.5, 0.0, 1.0);
  float rim = 1.0 - smoothstep(0.2, 1.4, abs(1.0 - reach) * pixels);
  lit = mix(lit, edge, rim * 0.9);
  // A thin shine around the globe on a dark ground, a soft shadow on a light one.
  float away = max(reach - 1.0, 0.0);
  float halo = flat_ > 0.5 ? 0.0 : exp(-away * 22.0) * (dark > 0.5 ? 0.20 : 0.10);
  vec3 glow = dark > 0.5 ? vec3(0.42, 0.62, 0.88) : vec3(0.16, 0.24, 0.34);
  float alpha = max(inside, halo);
  colour = vec4(mix(glow * halo, lit, inside), alpha);
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
uniform float wide, head;
out vec4 tint;
// Corner k: x along (0 start, 1 neck, 2 tip), y across in half widths.
vec2 corner(int k) {
  vec2 c[9] = vec2[9](vec2(0., -1.), vec2(1., -1.), vec2(0., 1.), vec2(0., 1.), vec2(1., -1.), vec2(1., 1.), vec2(1., -2.6), vec2(2., 0.), vec2(1., 2.6));
  return c[k];
}
void main() {
  vec3 p = project(start, start_angles), q = project(end, end_angles);
  float seen = smoothstep(-0.02, 0.1, min(p.z, q.z));
  vec2 a = p.xy * radius, b = q.xy * radius;
  float far = length(b - a);
  if (flat_ > 0.5 && far > radius) { seen = 0.0; }
  vec2 along = far > 1e-3 ? (b - a) / far : vec2(1.0, 0.0);
  float tip = head > 0.5 ? min(wide * 4.2, far * 0.6) : 0.0;
  vec2 c = corner(gl_VertexID);
  float half_ = c.y * min(wide, max(far * 0.25, wide * 0.5)) * 0.5 * (gl_VertexID >= 6 ? (head > 0.5 ? 1.25 : 0.0) : 1.0);
  vec2 place = c.x < 0.5 ? a : (c.x < 1.5 ? b - along * tip : b);
  place += vec2(-along.y, along.x) * half_;
  tint = vec4(paint.rgb, paint.a * seen);
  gl_Position = seen * paint.a > 0.0 ? vec4(clip(place / radius), 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
`
const ARROW_FRAGMENT = `
in vec4 tint;
out vec4 colour;
void main() { colour = vec4(tint.rgb * tint.a, tint.a); }
`

/** Draws a scene on a canvas by WebGL2; null where it cannot. */
function spherePainterGl(canvas) {
  const gl = contextOf(canvas)
  if (gl == null) { return null }
  const ground = makeProgram(gl, GROUND_VERTEX, GROUND_FRAGMENT)
  const points = makeProgram(gl, POINT_VERTEX, POINT_FRAGMENT)
  const arrows = makeProgram(gl, ARROW_VERTEX, ARROW_FRAGMENT)
  const dots = makeRows(gl, points, [["place", 3], ["angles", 2], ["wide", 1], ["paint", 4]])
  const darts = makeRows(gl, arrows, [["start", 3], ["start_angles", 2], ["end", 3], ["end_angles", 2], ["paint", 4]], 1)
  const [density, ramp] = [makeTexture(gl, true), makeTexture(gl)]
  const seen = {points: null, arrows: null, grid: null, ramp: null}

  /** Send on what has changed since it was drawn last. */
  function update(scene) {
    if (seen.points !== scene.points) { fillRows(gl, dots, scene.points.rows); seen.points = scene.points }
    if (seen.arrows !== scene.arrows) { fillRows(gl, darts, scene.arrows.rows); seen.arrows = scene.arrows }
    if (seen.ramp !== scene.ramp) { fillColours(gl, ramp, scene.ramp); seen.ramp = scene.ramp }
    if (seen.grid !== scene.grid && scene.grid != null) {
      const {wide, high, values} = scene.grid
      gl.bindTexture(gl.TEXTURE_2D, density)
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4)
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R16F, wide, high, 0, gl.RED, gl.FLOAT, values)
      seen.grid = scene.grid
    }
  }

  function drawGround(scene, shared) {
    const {inks} = scene
    gl.useProgram(ground.program)
    gl.activeTexture(gl.TEXTURE0)
    gl.bindTexture(gl.TEXTURE_2D, density)
    gl.activeTexture(gl.TEXTURE1)
    gl.bindTexture(gl.TEXTURE_2D, ramp)
    gl.uniform1i(ground.uniforms.density, 0)
    gl.uniform1i(ground.uniforms.ramp, 1)
    gl.uniform1fv(ground.uniforms["levels[0]"], [...scene.contours, 0, 0, 0, 0].slice(0, 4))
    setUniforms(gl, ground, {
      ...shared, show: scene.grid == null ? 0 : 1, low: scene.range[0], high: scene.range[1], root: scene.root ? 1 : 0,
      dark: scene.dark ? 1 : 0, level_count: Math.min(scene.contours.length, 4), step_: scene.view.step,
      globe: partsOf(inks.globe), edge: partsOf(inks.edge), line: partsOf(inks.line), contour: partsOf(inks.ink),
    })
    gl.bindVertexArray(null)
    gl.drawArrays(gl.TRIANGLES, 0, 3)
    gl.activeTexture(gl.TEXTURE0)
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
      drawGround(scene, shared)
      if (darts.count > 0) {
        gl.useProgram(arrows.program)
        setUniforms(gl, arrows, {...shared, wide: scene.arrows.wide * view.ratio, head: scene.arrows.heads ? 1 : 0})
        gl.bindVertexArray(darts.array)
        gl.drawArraysInstanced(gl.TRIANGLES, 0, 9, darts.count)
      }
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
