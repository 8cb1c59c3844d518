// The data of a page, and what a filter and a stretch of time leave of it.

/** Bucket widths; the narrowest is used that gives at most `BUCKETS_MAX` in view. */
const BUCKETS_S = [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];
const BUCKETS_MAX = 160;

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

/**
 * Rates and latencies in view, a bucket an entry: `at_s` (start), `width_s`, `releases` (name -> requests/s), `failed`
 * (requests/s), `p50_ms`, `p99_ms`, `max_ms` (null where nothing was answered), `requests` and `failures` (of what is drawn:
 * totals of the run are the judge's, in `model.totals`).
 */
function aggregated(model, filter, view) {
  const length_s = view.to_s - view.from_s;
  const width_s = BUCKETS_S.find((width) => length_s / width <= BUCKETS_MAX) ?? length_s / BUCKETS_MAX;
  const first = Math.floor(view.from_s / width_s);
  const size = Math.max(1, Math.ceil(view.to_s / width_s) - first);
  const releases = new Map();
  const took = Array.from({ length: size }, () => []);
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
    if (timed[lane]) took[bucket].push(model.took_ms[place]);
  }
  const places = failuresIn(model, filter, first * width_s, (first + size) * width_s);
  places.forEach((place) => {
    const row = model.failures[place];
    const bucket = Math.min(size - 1, Math.floor(row.at_s / width_s) - first);
    failed[bucket] += model.failureWeight / width_s;
    if (row.status > 0 && timed[model.laneNumbers.get(row.lane)]) took[bucket].push(row.took_ms);
  });
  took.forEach((values) => values.sort((one, other) => one - other));
  return {
    width_s,
    at_s: Float64Array.from({ length: size }, (_, bucket) => (first + bucket) * width_s),
    releases,
    failed,
    p50_ms: took.map((values) => quantile(values, 0.5)),
    p99_ms: took.map((values) => quantile(values, 0.99)),
    max_ms: took.map((values) => quantile(values, 1)),
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
