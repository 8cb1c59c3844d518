// Latency as dots and stepped lines: single answers, and percentiles where there are enough of them.

/** What the dots are, and of how wide a stretch a percentile is. */
function latencyLegend({ cells, model, root }) {
  const { dots: { width_s: dot_s }, percentiles: { width_s, bins } } = cells;
  const dot = element('li', {}, swatch((ctx, colour, size) =>
    drawMark(ctx, 'o', size / 2, size / 2, size * 0.14, colour('max'), colour('max')), root),
  dot_s === null ? 'an answer' : `slowest answer of ${spanText(dot_s)}`);
  if (!bins.length) return [dot, element('li', {}, `too few answers for percentiles: ${model.binning.samples_min} at a time`)];
  return [dot, ...[['p50', [], 'median'], ['p99', [4, 2], '99th percentile']].map(([name, dash, text]) =>
    element('li', {}, swatch((ctx, colour, size) => {
      ctx.strokeStyle = colour(name);
      ctx.lineWidth = 2 * devicePixelRatio;
      ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
      ctx.beginPath();
      ctx.moveTo(0, size / 2);
      ctx.lineTo(size, size / 2);
      ctx.stroke();
    }, root), `${text} of ${spanText(width_s)}`))];
}

/** The dots, and the steps over them; a canvas of uPlot `u`. */
function drawLatency(cells, u, ctx, ink) {
  const { dots: { values }, percentiles: { width_s, bins } } = cells;
  const radius = 1.2 * devicePixelRatio;
  ctx.fillStyle = ink('max');
  ctx.beginPath();
  values.forEach(([at_s, took_ms]) => {
    const [x, y] = [u.valToPos(at_s, 'x', true), u.valToPos(Math.max(took_ms, 0.1), 'y', true)];
    ctx.moveTo(x + radius, y);
    ctx.arc(x, y, radius, 0, 2 * Math.PI);
  });
  ctx.fill();
  [['p99', 'p99_ms', 1.5, [6, 3]], ['p50', 'p50_ms', 2, []]].forEach(([name, key, width, dash]) => {
    ctx.strokeStyle = ink(name);
    ctx.lineWidth = width * devicePixelRatio;
    ctx.setLineDash(dash.map((length) => length * devicePixelRatio));
    ctx.beginPath();
    // A level over each bin, joined where one follows the other: what happened within it, a percentile does not tell.
    bins.forEach((bin, number) => {
      const y = u.valToPos(Math.max(bin[key], 0.1), 'y', true);
      const follows = number && bin.at_s - bins[number - 1].at_s < 1.5 * width_s;
      ctx[follows ? 'lineTo' : 'moveTo'](u.valToPos(bin.at_s, 'x', true), y);
      ctx.lineTo(u.valToPos(bin.at_s + width_s, 'x', true), y);
    });
    ctx.stroke();
  });
  ctx.setLineDash([]);
}

/** Round values of a logarithmic axis: all of 1, 2 and 5 times ten to a power, or the powers alone where those are many. */
function logSplits([lowest, highest]) {
  const powers = [];
  for (let power = Math.floor(Math.log10(lowest)); power <= Math.log10(highest); power += 1) powers.push(10 ** power);
  const steps = highest / lowest < 50 ? [1, 2, 5] : highest / lowest < 500 ? [1, 3] : [1];
  return powers.flatMap((power) => steps.map((step) => step * power)).filter((value) => lowest <= value && value <= highest);
}
