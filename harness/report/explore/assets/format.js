// Elements, numbers and times as a reader is to see them.

/** An element; every text in it is set as text, whatever it holds. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, '');
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.map((child) => (child instanceof Node ? child : document.createTextNode(String(child)))));
  return made;
}

const counted = (number, noun) => `${number.toLocaleString('en')} ${noun}${number === 1 ? '' : 's'}`;

const secondText = (at_s, step_s = 0.01) => `${at_s.toFixed(step_s < 0.1 ? 2 : step_s < 1 ? 1 : 0)} s`;

function milliseconds(took_ms) {
  if (took_ms === null || took_ms === undefined || Number.isNaN(took_ms)) return '\u2014';
  if (took_ms >= 10000) return `${(took_ms / 1000).toFixed(1)} s`;
  return took_ms >= 10 ? `${Math.round(took_ms).toLocaleString('en')} ms` : `${took_ms.toFixed(1)} ms`;
}

/** The width of a bin: `0.25 s`, `5 s`, `5 min`. */
const spanText = (width_s) => (width_s < 60 ? `${Number(width_s.toPrecision(3))} s` : `${Number((width_s / 60).toPrecision(3))} min`);

/** Time of day, UTC, of a second of the run. */
const utcText = (model, at_s) => new Date(model.clock.utc_ms + at_s * 1000).toISOString().slice(11, 22);

/** `text`, its middle left out where `fits` says that it is too long. */
function shortened(text, fits) {
  if (fits(text)) return text;
  for (let kept = text.length - 1; kept > 2; kept -= 1) {
    const head = Math.ceil(kept / 2);
    const shorter = `${text.slice(0, head)}\u2026${text.slice(text.length - (kept - head))}`;
    if (fits(shorter)) return shorter;
  }
  return '\u2026';
}
