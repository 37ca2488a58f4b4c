import type { Layout, MapData, View } from './types';

const RADII = [0.26, 0.26, 0.31, 0.38, 0.46]; // × pitch, as DOT_RADIUS in layout.py
const TOP_FLOWS = 60;
const OWN_FLOWS = 24; // of an isolated segment
const NAMES_FROM = 3; // zoom from which firms have names

/** Draw everything. `focus` is the isolated segment or -1; `token` reads a `--map-*` colour. */
export function paint(
  c: CanvasRenderingContext2D,
  map: MapData,
  layout: Layout,
  view: View,
  focus: number,
  token: (name: string) => string,
): void {
  const { scale } = view;
  const letter = Math.min(Math.max(scale, 0.86), 1.3); // words grow less than boxes
  const X = (x: number) => x * scale + view.x;
  const Y = (y: number) => y * scale + view.y;
  const ink = token('ink');
  const muted = token('muted');
  const surface = token('surface');
  const font = token('font');

  const type = (size: number) => {
    c.font = `${size === 12 ? 400 : 600} ${size * letter}px ${font}`;
  };
  const write = (words: string, x: number, y: number, size: number, colour: string, most = 1e4) => {
    type(size);
    c.fillStyle = colour;
    c.fillText(words, x, y, most); // squeezes what is a little too long
  };
  const plate = (x: number, y: number, w: number, h: number, round: number, fill: string) => {
    c.beginPath();
    c.roundRect(x, y, w, h, round);
    c.fillStyle = fill;
    c.fill();
  };
  const line = (width: number, colour: string, dash: number[] = []) => {
    c.lineWidth = width;
    c.strokeStyle = colour;
    c.setLineDash(dash);
    c.stroke();
  };
  const dot = (x: number, y: number, radius: number) => {
    c.moveTo(x, y);
    c.arc(x, y, radius, 0, 7);
  };

  const ribbon = (from: number, to: number, value: number, alpha: number) => {
    const [ax, ay, aw, ah] = layout.boxes[from];
    const [bx, by, bw, bh] = layout.boxes[to];
    const colour = token(map.segments[from].tier);
    const shift = (bx + bw / 2 - ax - aw / 2) / 7;
    const port = (w: number) => Math.max(-w, Math.min(w, shift)) * 0.8;
    const x1 = X(ax + aw / 2 + port(aw / 2));
    const x2 = X(bx + bw / 2 - port(bw / 2));
    const y1 = Y(by > ay ? ay + ah : ay);
    const y2 = Y(by < ay ? by + bh : by);
    const bend = by === ay ? -17 * scale : (y2 - y1) / 2;
    const tip = by < ay ? 9 : -9;
    c.globalAlpha = alpha;
    c.beginPath();
    c.moveTo(x1, y1);
    c.bezierCurveTo(x1, y1 + bend, x2, by === ay ? y2 + bend : y2 - bend, x2, y2);
    line((0.7 + 7 * Math.sqrt(value / map.flows[0][2])) * Math.min(scale, 2), colour);
    if (focus < 0) return;
    c.beginPath();
    c.moveTo(x2, y2);
    c.lineTo(x2 - 6, y2 + tip);
    c.lineTo(x2 + 6, y2 + tip);
    c.fillStyle = colour;
    c.fill();
  };

  const box = (i: number) => {
    const s = map.segments[i];
    const { status } = s;
    const [bx, by, bw, bh, gx, gy, pitch, columns, dots] = layout.boxes[i];
    const x = X(bx);
    const y = Y(by);
    const w = bw * scale;
    const h = bh * scale;
    const colour = token(s.tier);
    const missing = status === 'missing';
    const weak = status === 'weak';
    const hidden = status === 'undisclosed';
    const full = missing || status === 'strong'; // the status stands in a filled plate
    const edge = hidden ? muted : missing || weak ? token('gap') : colour;
    const pad = 9 * letter;
    const left = x + pad;
    let room = w - 2 * pad;

    plate(x, y, w, h, 6, missing || hidden ? surface : token(s.tier + '-tint'));
    line(
      i === focus ? 3.5 : full || weak ? 2 : 1,
      edge,
      missing ? [4, 4] : weak ? [10, 4] : [],
    );
    if (hidden) {
      c.save();
      c.clip();
      c.beginPath();
      for (let n = -h; n < w; n += 8) {
        c.moveTo(x + n, y + h);
        c.lineTo(x + n + h, y);
      }
      line(1, token('hatch'));
      c.restore();
    }
    let base = y + 3 * letter;
    layout.names[i].forEach((words) => write(words, left, (base += 16 * letter), 13.5, ink, room));
    base += 17 * letter;
    if (s.status_label) {
      type(11);
      const chip = c.measureText(s.status_label).width + 10;
      const at = s.value_label ? left + room - chip : left;
      plate(at, base - 12.5 * letter, chip, 17 * letter, 3, full ? edge : surface);
      line(1, edge);
      write(s.status_label, at + 5, base, 11, full ? token('on') : edge);
      room -= chip + 4;
    }
    write(s.value_label, left, base, 12, ink, room);

    if (view.zoom < NAMES_FROM) {
      RADII.forEach((radius, band) => {
        c.beginPath();
        for (let n = 0; n < dots; n++)
          if (s.firms[n][1] === band)
            dot(
              X(gx + (n % columns) * pitch),
              Y(gy + Math.floor(n / columns) * pitch),
              radius * pitch * scale,
            );
        c.fillStyle = colour;
        c.fill();
      });
      const rest = s.firms.length - dots;
      if (rest > 0) write(`+${rest}`, left, y + h - 5, 12, ink);
    } else {
      const across = Math.floor(w / 150) || 1;
      const each = (w - pad) / across;
      const fit = across * Math.floor((y + h - base - 8) / 22);
      s.firms.slice(0, fit).forEach(([name, band], n) => {
        const nx = left + (n % across) * each;
        const ny = base + 24 + Math.floor(n / across) * 22;
        const rest = s.firms.length - n;
        c.beginPath();
        dot(nx + 5, ny - 5, RADII[band] * 11);
        c.fillStyle = colour;
        c.fill();
        const last = n === fit - 1 && rest > 1;
        write(last ? `+${rest}` : name || '—', nx + 13, ny, 12, ink, each - 20);
      });
    }
  };

  map.lanes.forEach(({ tier, label, notes = [] }, i) => {
    const y = Y(layout.lanes[i][0]);
    const x = X(14);
    plate(X(0), y, layout.width * scale, layout.lanes[i][1] * scale, 8, token('lane'));
    write(label, x, y + 28 * letter, 18, token(tier));
    if (layout.gutter)
      notes.forEach((words, n) => write(words, x, y + (48 + n * 17) * letter, 12, muted));
    else write(notes.join(' · '), x + 48 * letter, y + 27 * letter, 12, muted);
  });

  const near = new Set([focus]);
  const own = map.flows.filter(([from, to]) => from === focus || to === focus).slice(0, OWN_FLOWS);
  own.forEach(([from, to]) => near.add(from).add(to));
  // A phone has no room for all ribbons at once; it shows those of the segment that is touched.
  if (focus < 0 && layout.gutter)
    map.flows.slice(0, TOP_FLOWS).forEach(([from, to, v]) => ribbon(from, to, v, 0.2));
  const every = [...map.segments.keys()];
  c.globalAlpha = focus < 0 ? 1 : 0.25;
  every.filter((i) => !near.has(i)).forEach(box);
  own.forEach(([from, to, v]) => ribbon(from, to, v, 0.6));
  c.globalAlpha = 1;
  every.filter((i) => near.has(i)).forEach(box);
}
