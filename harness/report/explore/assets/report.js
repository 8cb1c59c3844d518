// A report: the data stands in the page.

const section = document.getElementById('explore');
section.hidden = false;
document.querySelectorAll('[data-explore-link]').forEach((link) => {
  link.hidden = false;
});
window.explorer = new Explorer(document.getElementById('explorer'),
  decoded(JSON.parse(document.getElementById('explore-data').textContent)));
