// The requests that had no success, as a list with what the logs say of each.

const LISTED_MAX = 100;

function logLines(label, lines) {
  return element('ul', { class: 'log', 'aria-label': label }, ...lines.map(([file, number, text]) =>
    element('li', {}, element('span', { class: 'where' }, `logs/${file}:${number}`), ' ', element('code', {}, text))));
}

function requestItem(model, failure) {
  const [, words] = model.marks[failure.error] ?? model.marks.other;
  const server = [failure.node, failure.release && `(${failure.release})`].filter(Boolean).join(' ');
  const told = [
    secondText(failure.at_s),
    `${utcText(model, failure.at_s)} UTC`,
    failure.lane,
    failure.status ? `${words}, status ${failure.status}` : words,
    failure.outcome === 'unknown' ? 'may have been carried out' : null,
    `after ${milliseconds(failure.took_ms)}`,
    server && (failure.attributed ? `laid to ${server}` : server),
  ].filter(Boolean);
  const item = element('li', { 'data-request': failure.id },
    element('p', { class: 'request' }, told.join(' \u00b7 ')),
    element('p', {}, element('code', {}, failure.id || 'no request id')));
  if (failure.detail) item.append(element('p', { class: 'detail' }, failure.detail));
  item.append(failure.lines.length
    ? logLines('Lines of the logs', failure.lines)
    : element('p', { class: 'detail' }, failure.id ? 'No line of the logs on this page names it.' : 'It never had an id to be found by.'));
  return item;
}

/** Show these failures under a title; `note` and the lines that a node logged then stand between. */
function listRequests(root, model, title, note, places, lines = []) {
  const list = element('ol', { class: 'requests-list' });
  const more = element('button', { type: 'button', class: 'more-requests' });
  let shown = 0;
  const show = () => {
    places.slice(shown, shown + LISTED_MAX).forEach((place) => list.append(requestItem(model, model.failures[place])));
    shown = Math.min(places.length, shown + LISTED_MAX);
    more.hidden = shown === places.length;
    more.textContent = `Show ${Math.min(LISTED_MAX, places.length - shown)} more`;
  };
  more.addEventListener('click', show);
  show();
  root.replaceChildren(
    element('h3', { tabindex: '-1' }, title),
    ...(note ? [element('p', { class: 'note' }, note)] : []),
    ...(lines.length ? [element('p', { class: 'note' }, 'What the node logged then, besides requests:'), logLines('What the node logged', lines)] : []),
    places.length ? list : element('p', { class: 'nothing' }, 'No failed request here.'),
    more,
  );
}
