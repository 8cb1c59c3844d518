// Four charts on one time axis: failures by lane, nodes, rate by release, latency.

const ROW_PX = 20;
const MARK_PX = 5;
const NEAR_PX = 9;
const AXIS_FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

/** Rows of the first chart: phases, disruptions, then every probe and every other lane that failed. */
function laneRows(model, filter) {
  const failing = new Set(model.failures.map((row) => row.lane));
  const lanes = model.lanes.filter((lane) =>
    (filter.lane ? lane.name === filter.lane : lane.role === 'probe' || failing.has(lane.name)));
  const probes = lanes.filter((lane) => lane.role === 'probe');
  return [{ name: 'phase' }, { name: 'disruptions' }, ...probes, ...lanes.filter((lane) => lane.role !== 'probe')];
}

class Charts {
  /**
   * @param {HTMLElement} root gets the charts
   * @param {object} calls `hover(at_s)`, `zoom(from_s, to_s)`, `pick({at_s, within_s, lane})`, `leave()`
   */
  constructor(root, calls) {
    this.root = root;
    this.calls = calls;
    this.charts = [];
    this.moving = false;
  }

  /** Draw everything anew, e.g. at another width or in other colours. */
  rebuild(model, filter, view) {
    this.destroy();
    this.model = model;
    this.filter = filter;
    this.view = view;
    this.rows = laneRows(model, filter);
    this.cells = aggregated(model, filter, view);
    const width = Math.max(240, this.root.clientWidth);
    // On a narrow screen names stand within their rows: beside them they would be cut beyond telling apart.
    this.narrow = width < 560;
    this.left = this.narrow ? 56 : 176;
    this.row_px = this.narrow ? 32 : ROW_PX;
    this.width = width;
    this.charts = [this.lanes(), this.nodes(), this.rate(), this.latency()];
  }

  destroy() {
    this.charts.forEach((chart) => chart.destroy());
    this.charts = [];
    this.root.replaceChildren();
  }

  /** Another filter or stretch of time. */
  update(filter, view) {
    this.rebuild(this.model, filter, view);
  }

  /** Put the cursor of every chart to an instant; null takes it away. */
  moveTo(at_s) {
    this.moving = true;
    this.charts.forEach((chart) => {
      const left = at_s === null ? -10 : chart.valToPos(at_s, 'x');
      chart.setCursor({ left, top: at_s === null ? -10 : chart.cursor.top < 0 ? 0 : chart.cursor.top });
    });
    this.moving = false;
  }

  positionOf(at_s) {
    return this.left + this.charts[0].valToPos(at_s, 'x');
  }

  chart(name, title, height, data, series, extra) {
    const figure = element('figure', { 'data-chart': name });
    figure.append(element('figcaption', {}, title));
    const legend = extra.legend ? extra.legend() : [];
    if (legend.length) figure.append(element('ul', { class: 'legend' }, ...legend));
    this.root.append(figure);
    const ink = palette(this.root);
    const axis = { stroke: () => ink('muted'), font: AXIS_FONT, grid: { stroke: () => ink('grid'), width: 1 }, ticks: { show: false } };
    const options = {
      width: this.width,
      height: height + 26,
      padding: [4, 8, 0, 0],
      legend: { show: false },
      focus: { alpha: 1 },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false }, bind: { dblclick: () => () => null } },
      scales: { x: { time: false, range: () => [this.view.from_s, this.view.to_s] }, ...extra.scales },
      axes: [
        { ...axis, size: 26, space: 70, values: (_, splits, __, ___, step) => splits.map((at_s) => secondText(at_s, step)) },
        { ...axis, size: this.left, ...extra.axis },
      ],
      series: [{}, ...series],
      hooks: {
        drawClear: [(u) => this.behind(u, ink)],
        draw: [(u) => this.painted(u, ink, extra.draw)],
        setCursor: [(u) => this.moved(u)],
        setSelect: [(u) => this.selected(u)],
        ready: [(u) => this.wire(u, name)],
      },
    };
    return new uPlot(options, data, figure);
  }

  wire(u, name) {
    u.over.addEventListener('mouseleave', () => this.calls.leave());
    u.over.addEventListener('dblclick', () => this.calls.zoom(null, null));
    u.over.addEventListener('click', (event) => {
      if (this.dragged) {
        this.dragged = false;
        return;
      }
      const at_s = u.posToVal(event.offsetX, 'x');
      const within_s = Math.abs(u.posToVal(event.offsetX + NEAR_PX, 'x') - at_s);
      const row = name === 'lanes' ? this.rows[Math.floor(u.posToVal(event.offsetY, 'y'))] : null;
      this.calls.pick({ at_s, within_s, lane: row && row.role ? row.name : null });
    });
  }

  moved(u) {
    if (this.moving || u.cursor.left < 0) return;
    const at_s = u.posToVal(u.cursor.left, 'x');
    this.moving = true;
    this.charts.forEach((chart) => chart !== u && chart.setCursor({ left: u.cursor.left, top: 0 }));
    this.moving = false;
    this.calls.hover(at_s);
  }

  selected(u) {
    const { left, width } = u.select;
    if (width < 4) return;
    this.dragged = true;
    const [from_s, to_s] = [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')];
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    this.calls.zoom(from_s, to_s);
  }

  /** Outages and changes of phase, behind what a chart draws. */
  behind(u, ink) {
    const { ctx } = u;
    const { left, top, width, height } = u.bbox;
    ctx.save();
    ctx.beginPath();
    ctx.rect(left, top, width, height);
    ctx.clip();
    this.model.outages.forEach((outage) => {
      const from = u.valToPos(outage.start_s, 'x', true);
      const size = Math.max(2 * devicePixelRatio, u.valToPos(outage.end_s, 'x', true) - from);
      ctx.globalAlpha = 0.22;
      ctx.fillStyle = ink(outage.charged ? 'outage' : 'out');
      ctx.fillRect(from, top, size, height);
    });
    ctx.globalAlpha = 1;
    ctx.fillStyle = ink('line');
    this.model.phases.forEach((phase) => ctx.fillRect(u.valToPos(phase.start_s, 'x', true), top, devicePixelRatio, height));
    ctx.restore();
  }

  painted(u, ink, draw) {
    if (!draw) return;
    const { ctx } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(u.bbox.left, u.bbox.top, u.bbox.width, u.bbox.height);
    ctx.clip();
    ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`;
    ctx.textBaseline = 'middle';
    ctx.textAlign = 'center';
    draw(u, ctx, ink);
    ctx.restore();
  }

  rowScale(names) {
    return {
      scales: { y: { range: () => [0, Math.max(1, names.length)], dir: -1 } },
      axis: {
        splits: () => names.map((_, row) => row + 0.5),
        values: (u) => {
          u.ctx.font = AXIS_FONT;
          return names.map((name) => (this.narrow ? null : fittingText(u.ctx, name, this.left - 16)));
        },
        grid: { show: false },
      },
    };
  }

  empty() {
    return [[this.view.from_s, this.view.to_s], [null, null]];
  }

  /** The upper part of a row that its name takes. */
  get nameShare() {
    return this.narrow ? 0.42 : 0;
  }

  drawNames(u, ctx, ink, names) {
    if (!this.narrow) return;
    ctx.textAlign = 'left';
    ctx.fillStyle = ink('muted');
    names.forEach((name, row) => ctx.fillText(name, u.bbox.left + 2 * devicePixelRatio, u.valToPos(row + 0.24, 'y', true)));
    ctx.textAlign = 'center';
  }

  bar(u, ctx, row, from_s, to_s, inset) {
    const x = u.valToPos(from_s, 'x', true);
    const y = u.valToPos(row + this.nameShare, 'y', true);
    return [x, y + inset * devicePixelRatio, Math.max(devicePixelRatio, u.valToPos(to_s, 'x', true) - x),
      u.valToPos(row + 1, 'y', true) - y - 2 * inset * devicePixelRatio];
  }

  label(ctx, text, [x, y, width, height], colour, bounds) {
    const [from, to] = [Math.max(x, bounds.left), Math.min(x + width, bounds.left + bounds.width)];
    // A part of a word tells nothing; the cursor reads it out.
    if (ctx.measureText(text).width > to - from - 6 * devicePixelRatio) return;
    ctx.fillStyle = colour;
    ctx.fillText(text, (from + to) / 2, y + height / 2);
  }

  lanes() {
    const names = this.rows.map((row) => row.name);
    const classes = [...new Set(this.model.failures.map((row) => row.error))].sort();
    return this.chart('lanes', 'Failed requests by lane', names.length * this.row_px, this.empty(), [{}], {
      ...this.rowScale(names),
      legend: () => this.markLegend(classes),
      draw: (u, ctx, ink) => {
        this.drawPhases(u, ctx, ink);
        this.drawOutages(u, ctx, ink);
        this.drawFailures(u, ctx, ink);
        this.drawNames(u, ctx, ink, names);
      },
    });
  }

  markLegend(classes) {
    const items = classes.map((error) => {
      const [shape, words] = this.model.marks[error] ?? this.model.marks.other;
      return element('li', {}, swatch((ctx, ink, size) =>
        drawMark(ctx, shape, size / 2, size / 2, size * 0.32, ink('mark'), ink('mark')), this.root), words);
    });
    if (this.model.failures.some((row) => row.outcome === 'unknown')) {
      items.push(element('li', {}, swatch((ctx, ink, size) =>
        drawMark(ctx, 'o', size / 2, size / 2, size * 0.32, ink('surface'), ink('mark')), this.root), 'hollow: may have been done'));
    }
    return items;
  }

  drawPhases(u, ctx, ink) {
    this.model.phases.forEach((phase, number) => {
      const bar = this.bar(u, ctx, 0, phase.start_s, phase.end_s, 2);
      ctx.fillStyle = ink(number % 2 ? 'band' : 'line');
      ctx.fillRect(...bar);
      this.label(ctx, phase.name, bar, ink('ink'), u.bbox);
    });
  }

  drawOutages(u, ctx, ink) {
    this.model.outages.forEach((outage) => {
      const bar = this.bar(u, ctx, 1, outage.start_s, outage.end_s, 4);
      ctx.fillStyle = outage.charged ? ink('outage') : hatched(ctx, ink('out'), ink('ink'), '---');
      ctx.fillRect(...bar);
      ctx.fillStyle = ink('fail');
      ctx.textAlign = 'left';
      ctx.fillText(`#${outage.number}`, bar[0] + bar[2] + 3 * devicePixelRatio, bar[1] + bar[3] / 2);
      ctx.textAlign = 'center';
    });
  }

  drawFailures(u, ctx, ink) {
    const rowOf = new Map(this.rows.map((row, number) => [row.name, number]));
    failuresIn(this.model, this.filter, this.view.from_s, this.view.to_s).forEach((place) => {
      const failure = this.model.failures[place];
      if (!rowOf.has(failure.lane)) return;
      const x = u.valToPos(failure.at_s, 'x', true);
      const y = u.valToPos(rowOf.get(failure.lane) + (1 + this.nameShare) / 2, 'y', true);
      ctx.fillStyle = ink('mark');
      const tail = u.valToPos(failure.at_s + failure.took_ms / 1000, 'x', true) - x;
      ctx.fillRect(x, y - devicePixelRatio / 2, tail, devicePixelRatio);
      const [shape] = this.model.marks[failure.error] ?? this.model.marks.other;
      drawMark(ctx, shape, x, y, MARK_PX * devicePixelRatio, ink(failure.outcome === 'unknown' ? 'surface' : 'mark'), ink('mark'));
    });
  }

  nodes() {
    const nodes = this.model.nodes.filter((node) => !this.filter.node || node.name === this.filter.node);
    const names = nodes.map((node) => node.name);
    return this.chart('nodes', 'Nodes and their release', Math.max(1, names.length) * (this.row_px + 4), this.empty(), [{}], {
      ...this.rowScale(names),
      draw: (u, ctx, ink) => {
        nodes.forEach((node, row) => node.states.forEach((state) => this.drawState(u, ctx, ink, row, state)));
        this.drawNames(u, ctx, ink, names);
      },
    });
  }

  drawState(u, ctx, ink, row, [state, release, start_s, end_s]) {
    const [fill, text, hatch] = stateLook(this.model, state, release);
    const bar = this.bar(u, ctx, row, start_s, end_s, 2);
    ctx.fillStyle = ink(fill);
    ctx.fillRect(...bar);
    // Hatching under text would hurt reading; it stands at the bar's foot.
    ctx.fillStyle = hatched(ctx, ink(fill), ink(text), hatch);
    ctx.fillRect(bar[0], bar[1] + bar[3] - 4 * devicePixelRatio, bar[2], 4 * devicePixelRatio);
    this.label(ctx, state === 'serving' ? release : state, bar, ink(text), u.bbox);
  }

  layers() {
    const order = (name) => [this.model.releases[0], this.model.releases[1]].indexOf(name);
    const names = [...this.cells.releases.keys()].sort((one, other) =>
      ((order(one) + 3) % 3) - ((order(other) + 3) % 3) || one.localeCompare(other));
    return [
      ...names.map((name) => [name ? `answered by ${name}` : 'no release named', this.cells.releases.get(name), releaseLook(this.model, name)]),
      ['failed', this.cells.failed, ['mark', 'surface', 'xx']],
    ];
  }

  rate() {
    const layers = this.layers();
    const total = this.cells.at_s.map((_, bucket) => layers.reduce((sum, [, values]) => sum + values[bucket], 0));
    const highest = Math.max(1, ...total) * 1.08;
    return this.chart('rate', 'Requests per second', 96, [this.cells.at_s, total], [{ stroke: 'transparent', points: { show: false } }], {
      scales: { y: { range: () => [0, highest] } },
      axis: { space: 24 },
      legend: () => layers.map(([words, , [fill, line, hatch]]) => element('li', {}, swatch((ctx, ink, size) => {
        ctx.fillStyle = hatched(ctx, ink(fill), ink(line), hatch);
        ctx.fillRect(0, 0, size, size);
      }, this.root), words)),
      draw: (u, ctx, ink) => this.drawLayers(u, ctx, ink, layers),
    });
  }

  drawLayers(u, ctx, ink, layers) {
    const below = new Float64Array(this.cells.at_s.length);
    layers.forEach(([, values, [fill, line, hatch]]) => {
      ctx.fillStyle = hatched(ctx, ink(fill), ink(line), hatch);
      values.forEach((value, bucket) => {
        if (!value) return;
        const x = u.valToPos(this.cells.at_s[bucket], 'x', true);
        const right = u.valToPos(this.cells.at_s[bucket] + this.cells.width_s, 'x', true);
        const y = u.valToPos(below[bucket] + value, 'y', true);
        ctx.fillRect(x, y, right - x, u.valToPos(below[bucket], 'y', true) - y);
        below[bucket] += value;
      });
    });
  }

  latency() {
    const { bins } = this.cells.percentiles;
    const all = [...this.cells.dots.values.map(([, took_ms]) => took_ms), ...bins.flatMap((bin) => [bin.p50_ms, bin.p99_ms])]
      .map((value) => Math.max(value, 0.1));
    const [least, most] = all.reduce(([low, high], value) => [Math.min(low, value), Math.max(high, value)], [Infinity, 0]);
    const range = all.length ? [least / 1.3, most * 1.3] : [1, 1000];
    const words = this.filter.lane ? `Latency of ${this.filter.lane}` : 'Latency of the probes';
    return this.chart('latency', words, 124, this.empty(), [{}], {
      scales: { y: { distr: 3, range: () => range } },
      axis: { splits: () => logSplits(range), filter: (_, splits) => splits, values: (_, splits) => splits.map(milliseconds) },
      legend: () => latencyLegend(this),
      draw: (u, ctx, ink) => drawLatency(this.cells, u, ctx, ink),
    });
  }
}

/** A small picture for a legend. */
function swatch(draw, root) {
  const size = 16;
  const canvas = element('canvas', { width: size * devicePixelRatio, height: size * devicePixelRatio, 'aria-hidden': 'true' });
  draw(canvas.getContext('2d'), palette(root), size * devicePixelRatio);
  return canvas;
}
