// Ties charts, controls and the list of requests together.

const LEAST_VIEW_S = 0.5;
const KEYS_PER_VIEW = 100;

class Explorer {
  /** `quiet`: the data will grow, so changes of its figures are not read out. */
  constructor(root, model, { quiet = false } = {}) {
    this.root = root;
    this.quiet = quiet;
    this.filter = { lane: '', node: '', release: '', error: '' };
    this.model = model;
    this.view = this.whole();
    this.follows = true;
    this.at_s = null;
    this.build();
    this.refresh();
    this.listInView();
    // Only the width counts: the charts set the height themselves.
    let width = this.parts.charts.clientWidth;
    new ResizeObserver(() => {
      if (this.parts.charts.clientWidth === width) return;
      width = this.parts.charts.clientWidth;
      this.refresh();
    }).observe(this.parts.charts);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.refresh());
  }

  whole() {
    const probed = this.model.phases.filter((phase) => phase.probed);
    if (!probed.length) return { from_s: 0, to_s: Math.max(1, this.model.end_s) };
    return { from_s: probed[0].start_s, to_s: Math.max(probed[0].start_s + 1, ...probed.map((phase) => phase.end_s)) };
  }

  build() {
    const zoom = (from_s, to_s) => this.zoom(from_s, to_s);
    this.parts = {
      phases: element('div', { class: 'buttons', role: 'group', 'aria-label': 'Zoom to' }),
      filters: element('div', { class: 'filters', role: 'group', 'aria-label': 'Filter' }),
      outages: element('div', { class: 'buttons', role: 'group', 'aria-label': 'Disruptions' }),
      told: element('p', { class: 'told', role: this.quiet ? null : 'status' }),
      charts: element('div', {
        class: 'charts', tabindex: '0', role: 'group',
        'aria-label': 'Charts over time. Left and right arrow move the cursor and read its values, plus and minus zoom, Home shows the whole run, Escape takes the cursor away.',
      }),
      readout: element('div', { class: 'readout', hidden: true }),
      spoken: element('p', { class: 'unseen', 'aria-live': 'polite' }),
      requests: element('div', { class: 'requests' }),
    };
    const move = element('div', { class: 'buttons', role: 'group', 'aria-label': 'Move and zoom' },
      button('earlier', () => this.pan(-0.5), { 'data-move': 'earlier' }), button('later', () => this.pan(0.5), { 'data-move': 'later' }),
      button('zoom in', () => this.scale(0.5), { 'data-move': 'in' }), button('zoom out', () => this.scale(2), { 'data-move': 'out' }));
    const area = element('div', { class: 'area' }, this.parts.charts, this.parts.readout);
    this.charts = new Charts(this.parts.charts, {
      hover: (at_s) => this.hover(at_s), zoom, pick: (spot) => this.pick(spot), leave: () => this.leave(),
    });
    this.parts.charts.addEventListener('keydown', (event) => this.key(event));
    this.root.replaceChildren(
      element('p', { class: 'label' }, 'Zoom to'), this.parts.phases, move,
      element('p', { class: 'label' }, 'Show only'), this.parts.filters,
      element('p', { class: 'label' }, 'Disruptions'), this.parts.outages,
      this.parts.told, area, this.parts.spoken, this.parts.requests,
    );
    this.fill();
  }

  /** Take a later state of the same run; who looks at all of it follows, who zoomed in stays there. */
  grow(model) {
    const [at_s, failures] = [this.at_s, this.model.failures.length];
    this.model = model;
    if (this.follows) this.view = this.whole();
    this.fill();
    this.refresh();
    if (failures !== model.failures.length) this.listInView();
    if (at_s !== null && at_s >= this.view.from_s && at_s <= this.view.to_s) {
      this.charts.moveTo(at_s);
      this.hover(at_s);
    }
  }

  /** The controls that depend on the data, made anew only where they change; choices and the focus are kept. */
  fill() {
    const { phases, nodes, lanes, servers, releases, failures, outages } = this.model;
    const kinds = JSON.stringify([phases.map((phase) => phase.name), nodes.map((node) => node.name), lanes, servers, releases,
      [...new Set(failures.map((failure) => failure.error))], outages.length, this.model.steps.filter((step) => step.in_roll).map((step) => step.node)]);
    if (kinds === this.kinds) return;
    this.kinds = kinds;
    const focused = document.activeElement?.dataset.zoom ?? null;
    const chosen = document.activeElement?.name ?? null;
    this.fillAnew();
    if (focused) this.parts.phases.querySelector(`[data-zoom="${CSS.escape(focused)}"]`)?.focus();
    else if (chosen) this.parts.filters.querySelector(`select[name="${CSS.escape(chosen)}"]`)?.focus();
  }

  fillAnew() {
    const named = (name) => (name === null ? null : stretches(this.model).find((stretch) => stretch.name === name));
    this.parts.phases.replaceChildren(...zoomButtons(this.model, (name) => this.zoom(named(name)?.start_s ?? null, named(name)?.end_s)));
    const changed = (name, value) => {
      this.filter = { ...this.filter, [name]: value };
      this.refresh();
      this.listInView();
    };
    this.parts.filters.replaceChildren(...choosers(this.model, changed));
    this.parts.filters.querySelectorAll('select').forEach((select) => {
      select.value = this.filter[select.name];
    });
    const buttons = outageButtons(this.model, (outage) => this.choose(outage));
    const { outages, outages_left_out: left } = this.model.totals ?? {};
    if (left) buttons.push(element('span', { class: 'muted' }, `the ${left.toLocaleString('en')} shortest of ${counted(outages, 'disruption')} are not listed`));
    this.parts.outages.replaceChildren(...(buttons.length ? buttons : [element('span', { class: 'muted' }, this.quiet ? 'told by the report, once the run is judged' : 'none')]));
  }

  zoom(from_s, to_s) {
    this.follows = from_s === null;
    if (this.follows) this.view = this.whole();
    else {
      const middle = (from_s + to_s) / 2;
      const half = Math.max(LEAST_VIEW_S, to_s - from_s) / 2;
      this.view = { from_s: Math.max(0, middle - half), to_s: Math.min(this.model.end_s, middle + half) };
    }
    this.refresh();
    this.listInView();
  }

  pan(share) {
    const length_s = this.view.to_s - this.view.from_s;
    const from_s = Math.min(Math.max(0, this.view.from_s + share * length_s), Math.max(0, this.model.end_s - length_s));
    this.zoom(from_s, from_s + length_s);
  }

  scale(factor) {
    const middle = this.at_s ?? (this.view.from_s + this.view.to_s) / 2;
    const half = ((this.view.to_s - this.view.from_s) * factor) / 2;
    this.zoom(Math.max(0, middle - half), Math.min(this.model.end_s, middle + half));
  }

  refresh() {
    this.charts.rebuild(this.model, this.filter, this.view);
    this.leave();
    const chosen = Object.entries(this.filter).filter(([, value]) => value).map(([name, value]) => `${name} ${value}`);
    this.parts.told.textContent = `${secondText(this.view.from_s)} to ${secondText(this.view.to_s)}`
      + `${chosen.length ? `, only ${chosen.join(', ')}` : ''}: ${this.counted(chosen.length > 0)}`;
  }

  /** Of the whole run what the judge counted; of a part of it what is drawn, which of a long run is a sample. */
  counted(filtered) {
    const { totals } = this.model;
    const sampled = this.model.requests.weight > 1 || this.model.failureWeight > 1;
    const note = sampled ? ' This page holds an even sample of a long run; every figure above and below this part counts all of it.' : '';
    if (totals && this.follows && !filtered) {
      const unsent = totals.unsent ? `, ${totals.unsent.toLocaleString('en')} more never left the generator` : '';
      return `${counted(totals.went_well, 'request')} went well, ${totals.failed.toLocaleString('en')} failed${unsent}.${note}`;
    }
    const { requests, failures } = this.charts.cells;
    return `${sampled ? 'about ' : ''}${counted(Math.round(requests), 'request')} went well, `
      + `${Math.round(failures).toLocaleString('en')} failed.${note}`;
  }

  hover(at_s) {
    this.at_s = at_s;
    const lines = this.valuesAt(at_s);
    const { readout } = this.parts;
    readout.replaceChildren(...lines.map(([name, value], number) => (number
      ? element('p', {}, element('span', { class: 'name' }, name), ' ', element('span', { class: 'value' }, value))
      : element('p', { class: 'when' }, value))));
    readout.hidden = false;
    const left = this.charts.positionOf(at_s);
    const room = this.parts.charts.clientWidth;
    const width = readout.offsetWidth;
    readout.style.left = `${Math.max(0, left + 14 + width <= room ? left + 14 : Math.min(left - 14 - width, room - width))}px`;
  }

  /** What there is to read at an instant: name and value, the instant itself first. */
  valuesAt(at_s) {
    const { cells } = this.charts;
    const bucket = Math.min(cells.at_s.length - 1, Math.max(0, Math.floor((at_s - cells.at_s[0]) / cells.width_s)));
    const now = happeningAt(this.model, at_s);
    const rate = (value) => `${value.toFixed(1)}/s`;
    const near = failuresIn(this.model, this.filter, cells.at_s[bucket], cells.at_s[bucket] + cells.width_s)
      .slice(0, 3).map((place) => this.model.failures[place]);
    return [
      ['at', `${secondText(at_s)} (${utcText(this.model, at_s)} UTC)`],
      ['phase', [now.phase, ...now.steps].join(', ')],
      ...(now.outage ? [['disruption', `#${now.outage.number}, ${now.outage.length}`]] : []),
      ...now.nodes,
      ...[...cells.releases].map(([name, values]) => [name ? `answered by ${name}` : 'no release named', rate(values[bucket])]),
      ['failed', rate(cells.failed[bucket])],
      ...this.percentilesAt(at_s),
      [`slowest of ${spanText(cells.width_s)}`, milliseconds(cells.max_ms[bucket])],
      ...near.map((failure) => [failure.lane, `${failure.error}, ${failure.id || 'no id'}`]),
    ];
  }

  /** Median and 99th percentile at an instant, with the width of their bin; nothing where too few were answered. */
  percentilesAt(at_s) {
    const { width_s, bins } = this.charts.cells.percentiles;
    const bin = bins.find((each) => each.at_s <= at_s && at_s < each.at_s + width_s);
    if (!bin) return [];
    return [['median', bin.p50_ms], ['99th percentile', bin.p99_ms]].map(([name, value]) =>
      [`${name} of ${spanText(width_s)}`, milliseconds(value)]);
  }

  leave() {
    this.at_s = null;
    this.parts.readout.hidden = true;
    this.charts.moveTo(null);
  }

  key(event) {
    const step_s = (this.view.to_s - this.view.from_s) / KEYS_PER_VIEW;
    const acts = {
      ArrowLeft: () => this.read(-step_s), ArrowRight: () => this.read(step_s),
      '+': () => this.scale(0.5), '=': () => this.scale(0.5), '-': () => this.scale(2),
      Home: () => this.zoom(null, null), Escape: () => this.leave(),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    acts[event.key]();
  }

  read(by_s) {
    const { from_s, to_s } = this.view;
    const at_s = Math.min(to_s, Math.max(from_s, (this.at_s ?? (from_s + to_s) / 2) + by_s));
    this.charts.moveTo(at_s);
    this.hover(at_s);
    this.parts.spoken.textContent = this.valuesAt(at_s).map(([name, value]) => `${name} ${value}`).join('; ');
  }

  pick({ at_s, within_s, lane }) {
    const near = failuresIn(this.model, { ...this.filter, lane: lane ?? this.filter.lane }, at_s - within_s, at_s + within_s);
    const outage = this.model.outages.find((each) => each.start_s - within_s <= at_s && at_s <= each.end_s + within_s);
    if (lane && near.length) this.list(`Failed requests of ${lane} round ${secondText(at_s)}`, '', near);
    else if (outage) this.choose(outage, false);
  }

  choose(outage, zoomed = true) {
    if (zoomed) {
      const margin_s = Math.max(1, (outage.end_s - outage.start_s) / 2);
      this.zoom(Math.max(0, outage.start_s - margin_s), Math.min(this.model.end_s, outage.end_s + margin_s));
    }
    this.press(outage.number);
    const passing = new Set(failuresIn(this.model, this.filter, -Infinity, Infinity));
    const places = outage.failures.filter((place) => passing.has(place));
    const hidden = outage.failures.length - places.length;
    const left = outage.requests - outage.failures.length;
    this.list(`Disruption #${outage.number}: ${counted(outage.requests, 'failed request')}`,
      `${outage.cause}${hidden ? ` The filter hides ${hidden}.` : ''}${left > 0 ? ` ${left} more are not on this page, but in requests/.` : ''}`, places, outage.lines);
    if (zoomed) this.parts.requests.querySelector('h3').focus({ preventScroll: true });
  }

  press(number) {
    this.parts.outages.querySelectorAll('button').forEach((each) =>
      each.setAttribute('aria-pressed', String(each.dataset.outageButton === String(number))));
  }

  listInView() {
    this.press(null);
    this.list('Failed requests in view', '', failuresIn(this.model, this.filter, this.view.from_s, this.view.to_s));
  }

  list(title, note, places, lines) {
    listRequests(this.parts.requests, this.model, title, note, places, lines);
  }
}
