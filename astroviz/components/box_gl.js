// The box by WebGL2: ellipsoids with depth, then frame and edges, then points from the back.

const BOX_GLSL = `
uniform mat3 turn;
uniform vec2 middle, size;
uniform float radius, eye, zoom;
// Place on the screen (pixels of the device from the middle), depth, and how much larger it is.
vec4 project(vec3 place) {
  vec3 seen = turn * place;
  float near = eye / max(eye - seen.x, 1e-3);
  return vec4(seen.yz * radius * near, seen.x, near);
}
vec4 clip(vec2 pixels, float depth) {
  return vec4((middle + pixels) / size * 2.0 - 1.0, clamp(-depth / 4.0, -1.0, 1.0), 1.0);
}
float haze(float depth) { return clamp(0.3 - 0.3 * depth * max(1.0, sqrt(zoom)), 0.0, 0.82); }
`
const BALL_VERTEX = `
${BOX_GLSL}
in vec3 place;
in float wide;
in vec4 paint;
uniform float pixel;
out vec4 tint;
out float diameter, fog;
void main() {
  vec4 p = project(place);
  diameter = max(wide * pixel * p.w * sqrt(zoom), 1.2);
  gl_PointSize = diameter * 2.0 + 2.0;
  fog = haze(p.z);
  tint = paint;
  gl_Position = wide > 0.0 && p.z < eye - 0.2 ? clip(p.xy, p.z) : vec4(2.0, 2.0, 2.0, 1.0);
}
`
const BALL_FRAGMENT = `
in vec4 tint;
in float diameter, fog;
uniform vec3 paper;
uniform float dark;
out vec4 colour;
void main() {
  vec2 p = (gl_PointCoord - 0.5) * (diameter * 2.0 + 2.0);
  float away = length(p), reach = diameter * 0.5;
  float inside = clamp(reach - away + 0.5, 0.0, 1.0);
  // A ball under a lamp above on the left, where there is room for one.
  vec2 q = p / max(reach, 0.5);
  float height = sqrt(max(1.0 - dot(q, q), 0.0));
  float lamp = dot(vec3(q, height), normalize(vec3(-0.45, -0.55, 0.7)));
  float ball = smoothstep(3.0, 7.0, diameter);
  vec3 lit = tint.rgb * mix(1.0, 0.72 + 0.42 * max(lamp, 0.0), ball) + ball * 0.22 * pow(max(lamp, 0.0), 12.0);
  lit = mix(lit, paper, fog);
  float alpha = inside * tint.a * (1.0 - 0.35 * fog);
  // On a dark ground things shine.
  float shine = dark > 0.5 ? 0.26 * exp(-3.2 * max(away / max(reach, 0.8) - 0.7, 0.0)) * (1.0 - fog) * tint.a * (1.0 - inside) : 0.0;
  shine *= smoothstep(diameter + 1.0, diameter * 0.6, away);
  if (alpha + shine < 0.004) { discard; }
  colour = vec4(lit * alpha + tint.rgb * shine, alpha);
}
`
const STICK_VERTEX = `
${BOX_GLSL}
in vec3 start, end;
in vec3 look;
uniform vec3 first, second;
uniform float ratio;
out vec4 tint;
out float fog, across, half_;
void main() {
  vec4 p = project(start), q = project(end);
  int k = gl_VertexID % 6;
  bool far = k == 1 || k == 4 || k == 5;
  float side = (k == 0 || k == 1 || k == 4) ? -1.0 : 1.0;
  vec2 along = q.xy - p.xy;
  float size_ = length(along);
  along = size_ > 1e-3 ? along / size_ : vec2(1.0, 0.0);
  vec4 here = far ? q : p;
  half_ = 0.5 * max(look.x * ratio, 0.7);
  across = side * (half_ + 0.7);
  fog = haze(here.z);
  tint = vec4(look.z > 0.5 ? second : first, look.y);
  bool behind = max(p.z, q.z) > eye - 0.2;
  gl_Position = behind ? vec4(2.0, 2.0, 2.0, 1.0) : clip(here.xy + vec2(-along.y, along.x) * across, here.z - 0.002);
}
`
const STICK_FRAGMENT = `
in vec4 tint;
in float fog, across, half_;
uniform vec3 paper;
out vec4 colour;
void main() {
  float alpha = tint.a * clamp(half_ - abs(across) + 0.5, 0.0, 1.0) * (1.0 - 0.8 * fog);
  colour = vec4(mix(tint.rgb, paper, fog * 0.6) * alpha, alpha);
}
`
// An ellipsoid is a rectangle whose pixels find its surface: with the matrix C of its axes in the
// view (depth first), the surface over a place s of the screen is at depth k.s + h sqrt(1 - s.K.s).
const GLYPH_VERTEX = `
${BOX_GLSL}
in vec3 place, first, second, third;
in vec4 paint;
uniform float ratio;
out vec2 offset;
out float margin;
flat out vec3 tint, cut;
flat out vec4 form;
flat out mat3 back;
flat out vec2 level;
void main() {
  mat3 axes = turn * mat3(first, second, third);
  mat3 shape = axes * transpose(axes);
  shape += mat3(1e-7, 0., 0., 0., 1e-7, 0., 0., 0., 1e-7);
  float det = max(shape[1][1] * shape[2][2] - shape[1][2] * shape[1][2], 1e-14);
  form = vec4(shape[2][2], -shape[1][2], shape[1][1], 0.0) / det;
  vec2 over = vec2(shape[0][1], shape[0][2]);
  cut.xy = vec2(form.x * over.x + form.y * over.y, form.y * over.x + form.z * over.y);
  cut.z = sqrt(max(shape[0][0] - dot(cut.xy, over), 0.0));
  back = inverse(shape);
  vec4 p = project(place);
  float scale = radius * p.w;
  margin = scale;
  int k = gl_VertexID % 6;
  vec2 corner = vec2(k == 1 || k == 4 || k == 5 ? 1.0 : -1.0, k == 2 || k == 3 || k == 5 ? 1.0 : -1.0);
  offset = corner * (sqrt(vec2(shape[1][1], shape[2][2])) + 1.5 / scale);
  tint = paint.rgb;
  level = vec2(p.z, haze(p.z));
  gl_Position = paint.a > 0.0 && p.z < eye - 0.2 ? clip(p.xy + offset * scale, p.z) : vec4(2.0, 2.0, 2.0, 1.0);
}
`
const GLYPH_FRAGMENT = `
in vec2 offset;
in float margin;
flat in vec3 tint, cut;
flat in vec4 form;
flat in mat3 back;
flat in vec2 level;
uniform vec3 paper;
out vec4 colour;
void main() {
  vec2 bent = vec2(form.x * offset.x + form.y * offset.y, form.y * offset.x + form.z * offset.y);
  float reach = sqrt(dot(offset, bent));
  // One pixel wide edge: the reach grows by |bent| / reach per unit.
  float cover = clamp((1.0 - reach) * reach / max(length(bent), 1e-6) * margin + 0.5, 0.0, 1.0);
  if (cover <= 0.02) { discard; }
  float deep = dot(cut.xy, offset) + cut.z * sqrt(max(1.0 - reach * reach, 0.0));
  vec3 normal = normalize(back * vec3(deep, offset));
  float lamp = max(dot(normal, normalize(vec3(0.7, -0.45, 0.55))), 0.0);
  vec3 lit = tint * (0.5 + 0.56 * lamp) + 0.2 * pow(lamp, 18.0);
  colour = vec4(mix(lit, paper, level.y) * cover, cover);
  gl_FragDepth = clamp(0.5 - (level.x + deep) / 8.0, 0.0, 1.0);
}
`

/** Draws a scene on a canvas by WebGL2; null where it cannot. */
function boxPainterGl(canvas, quick) {
  const gl = contextOf(canvas, quick)
  if (gl == null) { return null }
  const [balls, sticks, glyphs] = [makeProgram(gl, BALL_VERTEX, BALL_FRAGMENT), makeProgram(gl, STICK_VERTEX, STICK_FRAGMENT), makeProgram(gl, GLYPH_VERTEX, GLYPH_FRAGMENT)]
  const dots = makeRows(gl, balls, [["place", 3], ["wide", 1], ["paint", 4]])
  const lines = makeRows(gl, sticks, [["start", 3], ["end", 3], ["look", 3]], 6)
  const bodies = makeRows(gl, glyphs, [["place", 3], ["first", 3], ["second", 3], ["third", 3], ["paint", 4]], 6)
  gl.bindVertexArray(dots.array)
  const order = gl.createBuffer()
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order)
  gl.bindVertexArray(null)
  const seen = {}

  function update(scene) {
    if (seen.points !== scene.points) { fillRows(gl, dots, scene.points.rows); seen.points = scene.points }
    if (seen.sticks !== scene.sticks) { fillRows(gl, lines, scene.sticks); seen.sticks = scene.sticks }
    if (seen.glyphs !== scene.glyphs) { fillRows(gl, bodies, scene.glyphs.rows); seen.glyphs = scene.glyphs }
  }

  function drawBalls(scene, shared) {
    gl.useProgram(balls.program)
    setUniforms(gl, balls, {...shared, pixel: scene.points.pixel * scene.view.ratio, dark: scene.dark ? 1 : 0})
    gl.bindVertexArray(dots.array)
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, order)
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, scene.points.order, gl.STREAM_DRAW)
    gl.drawElements(gl.POINTS, dots.count, gl.UNSIGNED_INT, 0)
  }

  return {
    backend: "webgl2",
    draw(scene) {
      const {view, inks} = scene
      update(scene)
      gl.viewport(0, 0, canvas.width, canvas.height)
      gl.clearColor(0, 0, 0, 0)
      gl.clearDepth(1)
      gl.depthMask(true)
      gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
      gl.enable(gl.DEPTH_TEST)
      gl.depthFunc(gl.LEQUAL)
      gl.enable(gl.BLEND)
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
      const shared = {
        turn: view.matrix, eye: view.eye, zoom: view.zoom, radius: view.radius, ratio: view.ratio, paper: partsOf(inks.paper),
        middle: [view.middle[0], canvas.height - view.middle[1]], size: [canvas.width, canvas.height],
      }
      if (bodies.count > 0) {
        gl.useProgram(glyphs.program)
        setUniforms(gl, glyphs, shared)
        gl.bindVertexArray(bodies.array)
        gl.drawArrays(gl.TRIANGLES, 0, 6 * bodies.count)
      }
      gl.depthMask(false)
      if (lines.count > 0) {
        gl.useProgram(sticks.program)
        setUniforms(gl, sticks, {...shared, first: partsOf(inks.arrow), second: partsOf(inks.edge)})
        gl.bindVertexArray(lines.array)
        gl.drawArrays(gl.TRIANGLES, 0, 6 * lines.count)
      }
      if (dots.count > 0) { drawBalls(scene, shared) }
      gl.bindVertexArray(null)
    },
    dispose() { gl.getExtension("WEBGL_lose_context")?.loseContext() },
  }
}
