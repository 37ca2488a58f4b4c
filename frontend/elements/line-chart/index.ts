/**
 * `<line-chart>`: draws the table that stands inside it, so the figures are always in the page as
 * words too. The first column is the period, every other column a series; the unit stands in the
 * table's caption. A cell's `data-status` may be `imputed` or `forecast` (hollow point, dashed
 * line) or `suppressed` (no point; the gap says so in the cell's own words).
 */
class LineChart extends HTMLElement {
  connectedCallback(): void {
    const table = this.querySelector('table');
    if (!table || this.querySelector('svg')) return;
    const chart = document.createElement('div');
    this.prepend(chart);
    let last = 0;
    new ResizeObserver(() => {
      const width = this.clientWidth;
      if (width && width !== last) chart.innerHTML = draw(table, (last = width));
    }).observe(this);
  }
}

interface Point {
  x: number;
  y: number;
  guess: boolean;
}

const HEIGHT = 240;
const TOP = 26;
const BOTTOM = HEIGHT - 26;
const LEFT = 56;

function draw(table: HTMLTableElement, width: number): string {
  const names = [...table.tHead!.rows[0].cells].map((cell) => cell.innerText.trim());
  const rows = [...table.tBodies[0].rows];
  const right = width - Math.max(...names.slice(1).map((name) => name.length), 2) * 13 - 16;
  const value = (cell: HTMLTableCellElement) => {
    const words = cell.innerText.replace(/[,\s]/g, '');
    return words && cell.dataset.status !== 'suppressed' ? Number(words) : NaN;
  };
  const known = rows.flatMap((row) => [...row.cells].slice(1).map(value)).filter(Number.isFinite);
  const ticks = scale(Math.min(0, ...known), Math.max(0, ...known));
  const [low, high] = [ticks[0], ticks[ticks.length - 1]];
  const X = (i: number) => LEFT + ((right - LEFT) * i) / Math.max(rows.length - 1, 1);
  const Y = (v: number) => BOTTOM - ((BOTTOM - TOP) * (v - low)) / (high - low || 1);
  const text = (x: number, y: number, words: string, anchor = 'middle', kind = '') =>
    `<text x="${x}" y="${y}" text-anchor="${anchor}" class="${kind}">${escape(words)}</text>`;

  const every = Math.ceil(rows.length / Math.max(2, Math.floor((right - LEFT) / 56)));
  let out = ticks
    .map((v) => `<path class="is-grid" d="M${LEFT} ${Y(v)}H${right}"/>` + text(LEFT - 8, Y(v) + 4, v.toLocaleString(), 'end'))
    .join('');
  rows.forEach((row, i) => {
    if (i % every === 0) out += text(X(i), HEIGHT - 6, row.cells[0].innerText.trim());
  });
  const ends: number[] = [];
  names.slice(1).forEach((name, n) => {
    let before: Point | undefined;
    rows.forEach((row, i) => {
      const cell = row.cells[n + 1];
      const v = value(cell);
      const state = cell.dataset.status;
      if (!Number.isFinite(v)) {
        if (state) out += text(X(i), (ends[n] ?? BOTTOM) - 6, cell.innerText.trim(), 'middle', `is-${n}`);
        before = undefined;
        return;
      }
      const now = { x: X(i), y: Y(v), guess: state === 'imputed' || state === 'forecast' };
      const kind = now.guess || before?.guess ? 'is-line is-guess' : 'is-line';
      if (before)
        out += `<path class="${kind} is-${n}" d="M${before.x} ${before.y}L${now.x} ${now.y}"/>`;
      out += `<circle class="is-${n}${now.guess ? ' is-open' : ''}" cx="${now.x}" cy="${now.y}" r="3.5"/>`;
      before = now;
      ends[n] = now.y;
    });
    if (ends[n] === undefined) return;
    let y = ends[n];
    while (ends.slice(0, n).some((other) => Math.abs(other - y) < 15)) y += 15;
    ends[n] = y;
    out += text(right + 10, y + 4, name, 'start', `is-name is-${n}`);
  });
  return `<svg viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">${text(LEFT, 12, table.caption?.innerText.trim() || '', 'start')}${out}</svg>`;
}

/** Round ticks from below the least value to above the greatest. */
function scale(low: number, high: number): number[] {
  const rough = (high - low || 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= rough)!;
  const first = Math.floor(low / step);
  const count = Math.ceil(high / step) - first;
  return Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function escape(words: string): string {
  return words.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
}

customElements.define('line-chart', LineChart);
