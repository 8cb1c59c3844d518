// A run that goes on: ask every two seconds for what is new.

const ASK_AGAIN_MS = 2000;
const GIVE_UP_AFTER = 4;

const seen = { rows: [], failures: [] };
let explorer = null;
let missed = 0;

function grown(told) {
  told.at_ms.forEach((at_ms, place) =>
    seen.rows.push([at_ms / 1000, told.lane[place], told.server[place], told.took_ms[place]]));
  seen.failures.push(...told.failures);
  // They come as they end; the charts want them as they were due.
  const rows = [...seen.rows].sort((one, other) => one[0] - other[0]);
  const failures = [...seen.failures].sort((one, other) => one.at_s - other.at_s);
  return {
    ...told,
    outages: [],
    totals: null, // nobody has judged yet
    requests: { weight: 1 },
    failures,
    at_s: rows.map((row) => row[0]),
    lane: rows.map((row) => row[1]),
    server: rows.map((row) => row[2]),
    took_ms: rows.map((row) => row[3]),
    weight: rows.map(() => 1),
    failureWeight: 1,
    laneNumbers: new Map(told.lanes.map((lane, number) => [lane.name, number])),
  };
}

function show(told) {
  const { ok = 0, failed = 0, unknown = 0, unsent = 0 } = told.counts;
  document.title = `${failed + unknown ? `${failed + unknown} failed` : 'none failed'}: ${told.title}`;
  document.getElementById('title').textContent = `${told.title}: ${told.releases.join(' \u2192 ')}`;
  const now = told.ended ? 'The run is over; the judge writes the report.' : `Now: ${told.now.replaceAll('_', ' ')}`;
  const status = document.getElementById('now');
  if (status.textContent !== now) status.textContent = now;
  document.getElementById('counts').textContent = `${(ok + failed + unknown + unsent).toLocaleString('en')} requests were due, ${(failed + unknown).toLocaleString('en')} failed`
    + `${unsent ? `, ${unsent} could not be sent` : ''}.${told.full ? ' There are too many to show each; counting goes on.' : ''}`;
  const model = grown(told);
  if (explorer) explorer.grow(model);
  else explorer = new Explorer(document.getElementById('explorer'), model, { quiet: true });
  window.explorer = explorer;
}

async function ask() {
  try {
    const answer = await fetch(`data?after=${seen.rows.length},${seen.failures.length}`, { signal: AbortSignal.timeout(10000) });
    const told = await answer.json();
    if (told) show(told);
    missed = 0;
  } catch (error) {
    missed += 1;
  }
  if (missed < GIVE_UP_AFTER) setTimeout(ask, ASK_AGAIN_MS);
  else document.getElementById('now').textContent = 'The run is over, or its harness is gone; its report is in the folder of the run.';
}
ask();
