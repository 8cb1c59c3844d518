// The data of a page, and what a filter and a stretch of time leave of it.

function added(differences, scale = 1) {
  const values = new Float64Array(differences.length);
  let value = 0;
  differences.forEach((difference, place) => {
    value += difference;
    values[place] = value * scale;
  });
  return values;
}

/** The page's data with its columns unfolded; all times in seconds since the start of the run. */
function decoded(raw) {
  const { requests } = raw;
  const weight = new Float64Array(requests.lane.length).fill(requests.weight);
  added(requests.extra).forEach((place) => {
    weight[place] = 0;
  });
  const shown = raw.failures.length;
  return {
    ...raw,
    at_s: added(requests.at_ms, 0.001),
    lane: requests.lane,
    server: requests.server,
    took_ms: requests.took_ms,
    weight,
    failureWeight: shown ? Math.max(1, raw.totals.failed / shown) : 1,
    laneNumbers: new Map(raw.lanes.map((lane, number) => [lane.name, number])),
  };
}

/** The place of the first value not below `value`, in ascending values. */
function firstFrom(values, value, read = (item) => item) {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (read(values[middle]) < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Places of the failures that the filter lets through and that were due from `from_s` to `to_s`. */
function failuresIn(model, filter, from_s, to_s) {
  const places = [];
  const { failures } = model;
  for (let place = firstFrom(failures, from_s, (row) => row.at_s); place < failures.length; place += 1) {
    const row = failures[place];
    if (row.at_s > to_s) break;
    const passes =
      (!filter.lane || row.lane === filter.lane) &&
      (!filter.node || row.node === filter.node) &&
      (!filter.release || row.release === filter.release) &&
      (!filter.error || row.error === filter.error);
    if (passes) places.push(place);
  }
  return places;
}

function serversPassing(model, filter) {
  return model.servers.map(
    ([node, release]) => (!filter.node || node === filter.node) && (!filter.release || release === filter.release),
  );
}

/** Whether the latency of a lane is shown: probes only, unless the reader asks for another lane. */
function lanesTimed(model, filter) {
  return model.lanes.map((lane) => (filter.lane ? lane.name === filter.lane : lane.role === 'probe'));
}

function quantile(sorted, share) {
  if (!sorted.length) return null;
  const place = (sorted.length - 1) * share;
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (sorted[high] - sorted[low]) * (place - low);
}

/** The width of a bin of so long a view: the narrowest of which at most `bins_max` cover it. */
function binWidth({ widths_s, bins_max }, length_s, most = bins_max) {
  return widths_s.find((width) => length_s / width <= most) ?? length_s / most;
}

/** The narrowest width in which so many answers, evenly spread, are enough for a percentile; null where none is. */
function percentileWidth(binning, length_s, answers) {
  if (answers < binning.samples_min) return null;
  const least_s = Math.max(binWidth(binning, length_s), (length_s * binning.samples_min) / answers);
  return binning.widths_s.find((width) => width >= least_s) ?? length_s;
}

/** Median and 99th percentile of each bin that has enough answers: `width_s`, and `bins` of `at_s`, `p50_ms`, `p99_ms`. */
function percentiles(binning, view, at_s, took_ms) {
  const width_s = percentileWidth(binning, view.to_s - view.from_s, at_s.length);
  if (width_s === null) return { width_s, bins: [] };
  const took = new Map();
  at_s.forEach((at, place) => {
    const number = Math.floor(at / width_s);
    if (!took.has(number)) took.set(number, []);
    took.get(number).push(took_ms[place]);
  });
  const bins = [...took].filter(([, values]) => values.length >= binning.samples_min).sort(([one], [other]) => one - other)
    .map(([number, values]) => {
      values.sort((one, other) => one - other);
      return { at_s: number * width_s, p50_ms: quantile(values, 0.5), p99_ms: quantile(values, 0.99) };
    });
  return { width_s, bins };
}

/** Answers as dots, `[at_s, took_ms]`: each, with `width_s` null, or, where they are many, the slowest of each moment. */
function dots(binning, view, at_s, took_ms) {
  if (at_s.length <= binning.dots_max) return { width_s: null, values: at_s.map((at, place) => [at, took_ms[place]]) };
  const width_s = binWidth(binning, view.to_s - view.from_s, binning.dots_max);
  const slowest = new Map();
  at_s.forEach((at, place) => {
    const number = Math.floor(at / width_s);
    if (!(took_ms[place] <= slowest.get(number)?.[1])) slowest.set(number, [at, took_ms[place]]);
  });
  return { width_s, values: [...slowest.values()] };
}

/**
 * Rates and latencies in view. A bin an entry: `at_s` (start), `width_s`, `releases` (name -> requests/s), `failed` (requests/s),
 * `max_ms` (null where nothing was answered). Besides `percentiles` and `dots` of what was answered, and `requests` and
 * `failures` (of what is drawn: totals of the run are the judge's, in `model.totals`).
 */
function aggregated(model, filter, view) {
  const width_s = binWidth(model.binning, view.to_s - view.from_s);
  const first = Math.floor(view.from_s / width_s);
  const size = Math.max(1, Math.ceil(view.to_s / width_s) - first);
  const releases = new Map();
  const answered = { at_s: [], took_ms: [], sampled_at_s: [], sampled_ms: [] };
  const answer = (at_s, took_ms, weight) => {
    answered.at_s.push(at_s);
    answered.took_ms.push(took_ms);
    // Rows that stand for none were kept because they are slow: they would lift every percentile.
    if (!weight) return;
    answered.sampled_at_s.push(at_s);
    answered.sampled_ms.push(took_ms);
  };
  const failed = new Float64Array(size);
  const servers = serversPassing(model, filter);
  const timed = lanesTimed(model, filter);
  const wanted = filter.lane ? model.laneNumbers.get(filter.lane) : null;
  let requests = 0;
  const names = model.servers.map(([, release]) => release);
  for (let place = firstFrom(model.at_s, first * width_s); place < model.at_s.length; place += 1) {
    const bucket = Math.floor(model.at_s[place] / width_s) - first;
    if (bucket >= size) break;
    const lane = model.lane[place];
    if ((wanted !== null && lane !== wanted) || !servers[model.server[place]]) continue;
    const name = names[model.server[place]];
    if (!releases.has(name)) releases.set(name, new Float64Array(size));
    releases.get(name)[bucket] += model.weight[place] / width_s;
    requests += model.weight[place];
    if (timed[lane]) answer(model.at_s[place], model.took_ms[place], model.weight[place]);
  }
  const places = failuresIn(model, filter, first * width_s, (first + size) * width_s);
  places.forEach((place) => {
    const row = model.failures[place];
    const bucket = Math.min(size - 1, Math.floor(row.at_s / width_s) - first);
    failed[bucket] += model.failureWeight / width_s;
    if (row.status > 0 && timed[model.laneNumbers.get(row.lane)]) answer(row.at_s, row.took_ms, 1);
  });
  const max_ms = new Array(size).fill(null);
  answered.at_s.forEach((at_s, place) => {
    const bucket = Math.min(size - 1, Math.floor(at_s / width_s) - first);
    max_ms[bucket] = Math.max(max_ms[bucket] ?? 0, answered.took_ms[place]);
  });
  return {
    width_s,
    at_s: Float64Array.from({ length: size }, (_, bucket) => (first + bucket) * width_s),
    releases,
    failed,
    max_ms,
    percentiles: percentiles(model.binning, view, answered.sampled_at_s, answered.sampled_ms),
    dots: dots(model.binning, view, answered.at_s, answered.took_ms),
    requests,
    failures: places.length * model.failureWeight,
  };
}

/** What went on at an instant: the phase, the steps under way, and each node's state. */
function happeningAt(model, at_s) {
  const now = (span) => span.start_s <= at_s && at_s < span.end_s;
  return {
    phase: model.phases.find(now)?.name ?? 'no phase',
    steps: model.steps.filter(now).map((step) => [step.name, step.node].filter(Boolean).join(' ')),
    nodes: model.nodes.map((node) => {
      const state = node.states.find(([, , start_s, end_s]) => start_s <= at_s && at_s < end_s);
      return [node.name, state ? `${state[0]} ${state[1]}` : 'unknown'];
    }),
    outage: model.outages.find((outage) => outage.start_s <= at_s && at_s <= outage.end_s) ?? null,
  };
}
