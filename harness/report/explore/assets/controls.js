// What the reader turns: zoom by phase, filters, outages. Real buttons and selects, so the keyboard works.

function button(text, act, attributes = {}) {
  const made = element('button', { type: 'button', ...attributes }, text);
  made.addEventListener('click', act);
  return made;
}

/** The stretches that have a name: each probed phase, each node's roll. */
function stretches(model) {
  const rolls = model.nodes.map(({ name }) => {
    const steps = model.steps.filter((step) => step.node === name && step.in_roll);
    return steps.length
      ? { name: `roll ${name}`, start_s: Math.min(...steps.map((s) => s.start_s)), end_s: Math.max(...steps.map((s) => s.end_s)) }
      : null;
  });
  return [...model.phases.filter((phase) => phase.probed), ...rolls.filter(Boolean)];
}

/** Buttons that call `zoom` with the name of a stretch, null for the whole run. */
function zoomButtons(model, zoom) {
  return [
    button('whole run', () => zoom(null), { 'data-zoom': 'whole run' }),
    ...stretches(model).map(({ name }) => button(name, () => zoom(name), { 'data-zoom': name })),
  ];
}

function chooser(name, label, values, changed) {
  const select = element('select', { name }, element('option', { value: '' }, 'all'),
    ...values.map(([value, text]) => element('option', { value }, text)));
  select.addEventListener('change', () => changed(name, select.value));
  return element('label', {}, `${label} `, select);
}

function choosers(model, changed) {
  const distinct = (values) => [...new Set(values.filter(Boolean))].sort();
  const nodes = distinct([...model.nodes.map((node) => node.name), ...model.servers.map(([node]) => node)]);
  const releases = distinct([...model.releases, ...model.servers.map(([, release]) => release)]);
  const errors = distinct(model.failures.map((failure) => failure.error));
  const plain = (values) => values.map((value) => [value, value]);
  return [
    chooser('lane', 'Lane', plain(model.lanes.map((lane) => lane.name)), changed),
    chooser('node', 'Node', plain(nodes), changed),
    chooser('release', 'Release', plain(releases), changed),
    chooser('error', 'Error', errors.map((error) => [error, (model.marks[error] ?? model.marks.other)[1]]), changed),
  ];
}

function outageButtons(model, choose) {
  return model.outages.map((outage) => button(
    `#${outage.number} ${outage.length}${outage.node ? ` ${outage.node}` : ''}`,
    () => choose(outage),
    { 'data-outage-button': outage.number, 'aria-pressed': 'false' },
  ));
}
