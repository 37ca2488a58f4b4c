import { paint } from './paint';
import type { Layout, MapData, View } from './types';

const LARGEST_ZOOM = 8;

/**
 * `<chain-map data-src>`: the three-lane map on a canvas. The server writes everything else into
 * the page: the canvas with its label, the words under the pointer, the buttons, the SVG for
 * paper, the table for people who cannot see it. See README.md.
 */
class ChainMap extends HTMLElement {
  async connectedCallback(): Promise<void> {
    if (this.dataset.state) return; // moved within the page: the canvas came along
    this.dataset.state = 'loading';
    const answer = await fetch(this.dataset.src!);
    if (answer.ok) mount(this, await answer.json()); // else the SVG stays
  }
}

function mount(host: HTMLElement, map: MapData): void {
  const canvas = host.querySelector('canvas')!;
  const tip = host.querySelector('output')!;
  const c = canvas.getContext('2d')!;
  const view: View = { scale: 1, zoom: 1, x: 0, y: 0 };
  const fingers = new Map<number, [number, number]>();
  let layout: Layout;
  let natural = 1;
  let focus = -1;
  let frame = 0;
  let moved = 0;

  const draw = () => {
    cancelAnimationFrame(frame);
    frame = 0;
    const style = getComputedStyle(host);
    c.clearRect(0, 0, canvas.width, canvas.height);
    paint(c, map, layout, view, focus, (name) => style.getPropertyValue('--map-' + name));
  };
  const redraw = () => (frame ||= requestAnimationFrame(draw));

  /** Move and zoom by a factor about a point, keeping the drawing on the canvas. */
  const move = (dx: number, dy: number, factor = 1, x = 0, y = 0) => {
    const zoom = Math.min(LARGEST_ZOOM, Math.max(1, view.zoom * factor));
    const by = zoom / view.zoom;
    const clamp = (offset: number, size: number) =>
      Math.min(0, Math.max(offset, (1 - zoom) * natural * size));
    view.x = clamp(x - (x - view.x) * by + dx, layout.width);
    view.y = clamp(y - (y - view.y) * by + dy, layout.height);
    view.zoom = zoom;
    view.scale = natural * zoom;
    canvas.style.touchAction = zoom > 1 ? 'none' : 'pan-y';
    redraw();
  };
  const zoom = (factor: number) =>
    move(0, 0, factor, canvas.clientWidth / 2, canvas.clientHeight / 2);

  const select = (index: number) => {
    if (index === focus) return;
    const s = map.segments[(focus = index)];
    redraw();
    tip.hidden = !s;
    if (!s) return;
    tip.textContent = s.tip;
    const [x, y, , h] = layout.boxes[index];
    const left = Math.min(x * view.scale + view.x, canvas.clientWidth - tip.offsetWidth);
    tip.style.left = Math.max(0, left) + 'px';
    tip.style.top = canvas.offsetTop + (y + h) * view.scale + view.y + 8 + 'px';
  };

  /** Select the nearest segment in a direction, steps aside counting double, and show it. */
  const step = (dx: number, dy: number) => {
    const middles = layout.boxes.map(([x, y, w, h]) => [x + w / 2, y + h / 2]);
    const [x, y] = middles[focus] || [0, 0];
    let best = focus;
    let least = Infinity;
    middles.forEach(([u, v], i) => {
      const ahead = (u - x) * dx + (v - y) * dy;
      const cost = ahead + 2 * Math.abs((u - x) * dy + (v - y) * dx);
      if (ahead > 1 && cost < least) [best, least] = [i, cost];
    });
    const [u, v] = middles[best] || [0, 0];
    move(
      canvas.clientWidth / 2 - u * view.scale - view.x,
      canvas.clientHeight / 2 - v * view.scale - view.y,
    );
    select(best);
  };
  const at = ({ offsetX, offsetY }: MouseEvent) => {
    const x = (offsetX - view.x) / view.scale;
    const y = (offsetY - view.y) / view.scale;
    return layout.boxes.findIndex(([u, v, w, h]) => x > u && x < u + w && y > v && y < v + h);
  };
  const follow = () => {
    const href = map.segments[focus]?.href;
    if (href) location.href = href;
  };

  canvas.onkeydown = (e) => {
    const arrow = (dx: number, dy: number) =>
      e.shiftKey ? move(-60 * dx, -60 * dy) : step(dx, dy);
    const keys: Record<string, () => void> = {
      ArrowLeft: () => arrow(-1, 0),
      ArrowRight: () => arrow(1, 0),
      ArrowUp: () => arrow(0, -1),
      ArrowDown: () => arrow(0, 1),
      '+': () => zoom(1.3),
      '=': () => zoom(1.3),
      '-': () => zoom(0.77),
      0: () => zoom(0),
      Enter: follow,
      Escape: () => select(-1),
    };
    if (!keys[e.key]) return;
    keys[e.key]();
    e.preventDefault();
  };
  canvas.onblur = canvas.onmouseleave = () => select(-1);
  canvas.onwheel = (e) => {
    if (!e.ctrlKey && document.activeElement !== canvas) return; // let the page scroll
    e.preventDefault();
    move(0, 0, Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY);
  };
  canvas.onpointerdown = (e) => {
    fingers.set(e.pointerId, [e.offsetX, e.offsetY]);
    moved = 0;
    canvas.setPointerCapture(e.pointerId);
  };
  canvas.onpointermove = (e) => {
    const last = fingers.get(e.pointerId);
    if (!last) return select(at(e));
    const [x, y] = [e.offsetX, e.offsetY];
    const [dx, dy] = [x - last[0], y - last[1]];
    fingers.set(e.pointerId, [x, y]);
    moved += Math.abs(dx + dy);
    const other = [...fingers].find(([id]) => id !== e.pointerId)?.[1];
    if (!other) return void move(dx, dy);
    const gap = (p: [number, number]) => Math.hypot(p[0] - other[0], p[1] - other[1]);
    move(0, 0, gap([x, y]) / gap(last), ...other);
  };
  canvas.onpointerup = canvas.onpointercancel = (e) => fingers.delete(e.pointerId);
  canvas.onclick = (e) => {
    // A finger first shows what it touched; the second touch follows.
    if (moved < 6) at(e) === focus ? follow() : select(at(e));
  };
  host.onclick = (e) => {
    const by = (e.target as Element).closest('button')?.dataset.zoom;
    if (by) zoom(+by);
  };

  host.dataset.state = 'ready';

  const theme = new MutationObserver(() => {
    if (host.isConnected) redraw();
    else theme.disconnect();
  });
  theme.observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  new ResizeObserver(() => {
    const width = host.clientWidth;
    if (!width) return; // on paper the canvas is hidden
    layout = map.layouts.find((l) => l.width < width * 1.06) || map.layouts.at(-1)!;
    natural = width / layout.width;
    const height = Math.ceil(layout.height * natural);
    canvas.style.height = height + 'px';
    canvas.width = width * devicePixelRatio;
    canvas.height = height * devicePixelRatio;
    c.scale(devicePixelRatio, devicePixelRatio);
    move(0, 0);
    draw(); // a resized canvas is blank: draw before it is shown
  }).observe(host);
}

customElements.define('chain-map', ChainMap);
