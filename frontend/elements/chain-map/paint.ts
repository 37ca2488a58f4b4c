import type { Layout, MapData, View } from './types';

const RADII = [0.26, 0.26, 0.31, 0.38, 0.46]; // × pitch, as DOT_RADIUS in layout.py
const TOP_FLOWS = 60;
const NAMES_FROM = 3; // zoom from which firms have names

/** Draw everything. `focus` is the isolated segment or -1; `token` reads a `--map-*` colour. */
export function paint(
  c: CanvasRenderingContext2D,
  map: MapData,
  layout: Layout,
  view: View,
  focus: number,
  font: string,
  token: (name: string) => string,
): void {
  const { scale } = view;
  const X = (x: number) => x * scale + view.x;
  const Y = (y: number) => y * scale + view.y;
  const text = Math.min(Math.max(scale, 0.94), 1.3);
  const ink = token('ink');
  const gap = token('gap');
  const near = new Set<number>([focus]);

  const write = (words: string, x: number, y: number, size: number, colour: string, bold = '') => {
    c.font = `${bold} ${size * text}px ${font}`;
    c.fillStyle = colour;
    c.fillText(words, x, y);
  };
  /** Cut words to `lines` lines of `width`; break between words where there are spaces. */
  const wrap = (words: string, width: number, lines: number): string[] => {
    const out: string[] = [];
    while (words && out.length < lines) {
      let end = words.length;
      while (end > 1 && c.measureText(words.slice(0, end)).width > width) end--;
      if (end < words.length) {
        if (out.length === lines - 1) {
          out.push(words.slice(0, end - 1).trim() + '…');
          break;
        }
        const space = words.lastIndexOf(' ', end);
        if (space > 0) end = space;
      }
      out.push(words.slice(0, end));
      words = words.slice(end).trim();
    }
    return out;
  };
  const ribbon = ([from, to, value]: MapData['flows'][number], strong: boolean) => {
    const [ax, ay, aw, ah] = layout.boxes[from];
    const [bx, by, bw, bh] = layout.boxes[to];
    const up = ay - by; // > 0 when the buyer stands higher
    const shift = bx + bw / 2 - ax - aw / 2;
    const port = (w: number) => Math.max(-w, Math.min(w, shift / 7));
    const x1 = X(ax + aw / 2 + port(aw * 0.4));
    const x2 = X(bx + bw / 2 - port(bw * 0.4));
    const y1 = Y(up < 0 ? ay + ah : ay);
    const y2 = Y(up > 0 ? by + bh : by);
    const bend = up ? (y2 - y1) / 2 : -26 * scale;
    c.lineWidth = (0.7 + 7 * Math.sqrt(value / map.flows[0][2])) * Math.min(scale, 2);
    c.strokeStyle = c.fillStyle = token(map.segments[from].tier);
    c.globalAlpha = strong ? 0.6 : focus < 0 ? 0.2 : 0.04;
    c.beginPath();
    c.moveTo(x1, y1);
    c.bezierCurveTo(x1, y1 + bend, x2, up ? y2 - bend : y2 + bend, x2, y2);
    c.stroke();
    c.globalAlpha = 1;
    if (strong) {
      const tip = up > 0 ? 9 : -9;
      c.beginPath();
      c.moveTo(x2, y2);
      c.lineTo(x2 - 6, y2 + tip);
      c.lineTo(x2 + 6, y2 + tip);
      c.fill();

    }
  };

  c.textBaseline = 'alphabetic';
  map.lanes.forEach((lane, i) => {
    const [y, h] = layout.lanes[i];
    c.fillStyle = token('lane');
    c.beginPath();
    c.roundRect(X(0), Y(y), layout.width * scale, h * scale, 8);
    c.fill();
    c.fillStyle = token(lane.tier);
    c.fillRect(X(0), Y(y + 8), 4, (h - 16) * scale);
    const x = X(14);
    const below = layout.gutter;
    write(lane.label, x, Y(y) + 30 * text, 18, token(lane.tier), '600');
    if (lane.note) {
      const after = below ? 0 : c.measureText(lane.label).width + 12;
      c.font = `${12 * text}px ${font}`;
      wrap(lane.note, below ? (below - 12) * scale : 999, 3).forEach((line, n) =>
        write(line, x + after, Y(y) + (below ? 50 + n * 16 : 30) * text, 12, token('muted')),
      );
    }
  });

  const shown = map.flows.filter(
    ([from, to], i) => (focus < 0 ? i < TOP_FLOWS : from === focus || to === focus),
  );
  if (focus < 0) shown.forEach((flow) => ribbon(flow, false));
  else shown.slice(0, 24).forEach(([from, to]) => near.add(from).add(to));

  const box = (i: number) => {
    const s = map.segments[i];
    const [bx, by, bw, bh, gx, gy, pitch, columns, dots] = layout.boxes[i];
    const [x, y, w, h] = [X(bx), Y(by), bw * scale, bh * scale];
    const [width, height] = [c.canvas.clientWidth, c.canvas.clientHeight];
    if (x > width || y > height || x + w < 0 || y + h < 0) return;
    const { status } = s;
    const colour = token(s.tier);
    const lacking = status === 'missing' || status === 'weak';
    const hidden = status === 'undisclosed';
    const edge = lacking ? gap : hidden ? token('muted') : colour;
    const pad = 9 * Math.min(scale, 1.3);
    c.globalAlpha = focus < 0 || near.has(i) ? 1 : 0.25;
    c.save();
    c.beginPath();
    c.roundRect(x, y, w, h, 6);
    c.fillStyle = token(status === 'missing' || hidden ? 'surface' : s.tier + '-tint');
    c.fill();
    c.lineWidth = i === focus ? 3 : status === 'strong' || lacking ? 2 : 1;
    c.strokeStyle = edge;
    c.setLineDash(status === 'missing' ? [4, 4] : lacking ? [10, 4] : []);
    c.stroke();
    c.clip();
    if (hidden) {
      c.lineWidth = 1;
      c.strokeStyle = token('hatch');
      c.beginPath();
      for (let n = -h; n < w; n += 8) {
        c.moveTo(x + n, y + h);
        c.lineTo(x + n + h, y);
      }
      c.stroke();
    }
    c.font = `600 ${13.5 * text}px ${font}`;
    const lines = wrap(s.label, w - 2 * pad, 2);
    lines.forEach((line, n) => write(line, x + pad, y + (19 + 16 * n) * text, 13.5, ink, '600'));
    let base = y + (20 + 16 * lines.length) * text;
    let room = w - 2 * pad;
    if (s.status_label) {
      c.font = `600 ${11 * text}px ${font}`;
      const chip = c.measureText(s.status_label).width + 10;
      const left = s.value_label ? x + w - pad - chip : x + pad;
      const full = status === 'missing' || status === 'strong';
      c.fillStyle = full ? edge : token('surface');
      c.strokeStyle = edge;
      c.lineWidth = 1;
      c.setLineDash([]);
      c.beginPath();
      c.roundRect(left, base - 12.5 * text, chip, 17 * text, 3);
      c.fill();
      c.stroke();
      write(s.status_label, left + 5, base, 11, full ? token('on') : hidden ? ink : edge, '600');
      room -= chip + 4;
    }
    c.font = `${12 * text}px ${font}`;
    const value = wrap(s.value_label, room, 1)[0];
    if (value) write(value, x + pad, base, 12, ink);
    c.fillStyle = colour;
    if (view.zoom < NAMES_FROM) {
      for (let band = 0; band < 5; band++) {
        c.beginPath();
        for (let n = 0; n < dots; n++) {
          if (s.firms[n][1] !== band) continue;
          const dx = X(gx + (n % columns) * pitch);
          const dy = Y(gy + Math.floor(n / columns) * pitch);
          const r = RADII[band] * pitch * scale;
          c.moveTo(dx + r, dy);
          c.arc(dx, dy, r, 0, 7);
        }
        c.fill();
      }
      if (dots < s.firms.length) write(`+${s.firms.length - dots}`, x + pad, y + h - 5, 11, ink);
    } else {
      const across = Math.max(1, Math.floor((w - pad) / (130 * text)));
      const each = (w - 2 * pad) / across;
      base += 8;
      const fit = across * Math.floor((y + h - base - 6) / (17 * text));
      const names = s.firms.slice(0, s.firms.length > fit ? fit - 1 : fit);
      names.forEach(([name, band], n) => {
        const nx = x + pad + (n % across) * each;
        const ny = base + (Math.floor(n / across) + 1) * 17 * text;
        c.fillStyle = colour;
        c.beginPath();
        c.arc(nx + 5, ny - 4, RADII[band] * 11, 0, 7);
        c.fill();
        c.font = `${12 * text}px ${font}`;
        write(wrap(name || '—', each - 16, 1)[0], nx + 13, ny, 12, ink);
      });
      const rest = s.firms.length - names.length;
      if (rest) {
        const nx = x + pad + (names.length % across) * each;
        write(`+${rest}`, nx, base + (Math.floor(names.length / across) + 1) * 17 * text, 12, ink);
      }
    }
    c.restore();
  };

  const order = [...map.segments.keys()];
  order.filter((i) => !near.has(i)).forEach(box);
  if (focus >= 0) {
    shown.slice(24).forEach((flow) => ribbon(flow, false));
    shown.slice(0, 24).forEach((flow) => ribbon(flow, true));
  }
  order.filter((i) => near.has(i)).forEach(box);
  c.globalAlpha = 1;
}
