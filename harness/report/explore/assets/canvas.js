// Colours, hatching and marks on a canvas: nothing hangs on colour alone.

/** The page's colours as they are now, light or dark. */
function palette(root) {
  const style = getComputedStyle(root);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

const HATCHES = {
  '////': (c, size) => { c.moveTo(0, size); c.lineTo(size, 0); },
  '\\\\': (c, size) => { c.moveTo(0, 0); c.lineTo(size, size); },
  '---': (c, size) => { c.moveTo(0, size / 2); c.lineTo(size, size / 2); },
  xx: (c, size) => { c.moveTo(0, 0); c.lineTo(size, size); c.moveTo(0, size); c.lineTo(size, 0); },
};

/** A fill of `back`, hatched with lines of `line`. */
function hatched(context, back, line, hatch) {
  if (!hatch) return back;
  const size = Math.round(7 * devicePixelRatio);
  const tile = Object.assign(document.createElement('canvas'), { width: size, height: size });
  const paint = tile.getContext('2d');
  paint.fillStyle = back;
  paint.fillRect(0, 0, size, size);
  paint.strokeStyle = line;
  paint.lineWidth = devicePixelRatio;
  paint.beginPath();
  HATCHES[hatch](paint, size);
  paint.stroke();
  return context.createPattern(tile, 'repeat');
}

/** How a node's stretch looks: fill, text, hatching; the same as in the printed picture. */
const STATES = {
  draining: ['draining', 'on-old', '////'],
  out: ['out', 'ink', '---'],
  stopped: ['stopped', 'on-stopped', null],
  starting: ['starting', 'on-old', '\\\\'],
};

function stateLook(model, state, release) {
  if (state !== 'serving') return STATES[state] ?? ['line', 'ink', 'xx'];
  return release === model.releases[0] ? ['old', 'on-old', null] : ['new', 'on-new', '////'];
}

/** How the requests of a release look in the rate: fill, lines, hatching. */
function releaseLook(model, release) {
  if (release === model.releases[0]) return ['old', 'on-old', null];
  if (release === model.releases[1]) return ['new', 'on-new', '////'];
  return release ? ['starting', 'on-old', '\\\\'] : ['out', 'ink', '---'];
}

const polygon = (corners, turn = 0, inner = 1) =>
  Array.from({ length: inner < 1 ? corners * 2 : corners }, (_, corner, all = inner < 1 ? corners * 2 : corners) => {
    const angle = turn + (corner / all) * 2 * Math.PI;
    const reach = inner < 1 && corner % 2 ? inner : 1;
    return [Math.sin(angle) * reach, -Math.cos(angle) * reach];
  });
const CROSS = [[-0.35, -1], [0.35, -1], [0.35, -0.35], [1, -0.35], [1, 0.35], [0.35, 0.35], [0.35, 1], [-0.35, 1],
  [-0.35, 0.35], [-1, 0.35], [-1, -0.35], [-0.35, -0.35]];
const turned = (points, angle) => points.map(([x, y]) =>
  [x * Math.cos(angle) - y * Math.sin(angle), x * Math.sin(angle) + y * Math.cos(angle)]);

/** Outlines in a square from -1 to 1, by the letters that the printed picture uses too. */
const SHAPES = {
  X: turned(CROSS, Math.PI / 4),
  P: CROSS,
  v: polygon(3, Math.PI),
  '^': polygon(3),
  '<': polygon(3, -Math.PI / 2),
  '>': polygon(3, Math.PI / 2),
  s: polygon(4, Math.PI / 4),
  D: polygon(4),
  d: polygon(4).map(([x, y]) => [x * 0.6, y]),
  o: polygon(24),
  p: polygon(5),
  h: polygon(6),
  '*': polygon(5, 0, 0.45),
};

function drawMark(context, shape, x, y, size, fill, stroke) {
  context.beginPath();
  (SHAPES[shape] ?? SHAPES.d).forEach(([dx, dy], corner) =>
    context[corner ? 'lineTo' : 'moveTo'](x + dx * size, y + dy * size));
  context.closePath();
  context.fillStyle = fill;
  context.strokeStyle = stroke;
  context.lineWidth = 1.3 * devicePixelRatio;
  context.fill();
  context.stroke();
}

function fittingText(context, text, width) {
  return shortened(text, (shorter) => context.measureText(shorter).width <= width);
}
