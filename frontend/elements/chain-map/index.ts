import { paint } from './paint';
import type { Layout, MapData, View } from './types';

const LARGEST_ZOOM = 8;

/**
 * `<chain-map data-src>`: the three-lane map on a canvas. The words for people who cannot see it
 * and for paper stand beside it in the page: a table and the server's SVG. See README.md.
 */
class ChainMap extends HTMLElement {
  private off = new AbortController();

  async connectedCallback(): Promise<void> {
    this.off = new AbortController();
    const answer = await fetch(this.dataset.src!, { signal: this.off.signal });
    if (answer.ok) mount(this, await answer.json(), this.off.signal);
    else this.dataset.state = 'failed'; // the SVG fallback stays on the page
  }

  disconnectedCallback(): void {
    this.off.abort();
    this.querySelectorAll('canvas,output').forEach((made) => made.remove());
  }
}

function mount(host: HTMLElement, map: MapData, signal: AbortSignal): void {
  const canvas = document.createElement('canvas');
  const tip = document.createElement('output');
  const c = canvas.getContext('2d')!;
  const view: View = { scale: 1, zoom: 1, x: 0, y: 0 };
  const touches = new Map<number, PointerEvent>();
  let layout: Layout;
  let focus = -1;
  let natural = 1;
  let frame = 0;
  let moved = 0;

  canvas.tabIndex = 0;
  canvas.setAttribute('role', 'application');
  canvas.setAttribute('aria-label', host.getAttribute('aria-label') || '');
  host.append(canvas, tip);

  const draw = () => {
    frame = 0;
    const started = performance.now();
    const style = getComputedStyle(host);
    const known: Record<string, string> = {};
    const token = (name: string) => (known[name] ??= style.getPropertyValue(`--map-${name}`));
    const ratio = devicePixelRatio || 1;
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.clearRect(0, 0, canvas.clientWidth, canvas.clientHeight);
    paint(c, map, layout, view, focus, style.fontFamily, token);
    if (!host.dataset.draw) host.dataset.draw = (performance.now() - started).toFixed(1);
  };
  const redraw = () => {
    frame ||= requestAnimationFrame(draw);
  };
  /** Keep the drawing on the canvas; at natural size it fills it exactly. */
  const settle = () => {
    view.scale = natural * view.zoom;
    const slack = (1 - view.zoom) * natural;
    view.x = Math.min(0, Math.max(view.x, slack * layout.width));
    view.y = Math.min(0, Math.max(view.y, slack * layout.height));
    canvas.style.touchAction = view.zoom > 1 ? 'none' : 'pan-y';
    redraw();
  };
  const resize = () => {
    const width = host.clientWidth;
    const [wide, narrow] = map.layouts;
    layout = narrow && width < wide.width * 0.68 ? narrow : wide;
    natural = width / layout.width;
    const ratio = devicePixelRatio || 1;
    const height = Math.ceil(layout.height * natural);
    canvas.style.height = `${height}px`;
    canvas.width = width * ratio;
    canvas.height = height * ratio;
    settle();
    cancelAnimationFrame(frame); // a resized canvas is blank: draw before it is shown
    draw();
  };
  const zoom = (factor: number, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) => {
    const to = Math.min(LARGEST_ZOOM, Math.max(1, view.zoom * factor));
    const by = to / view.zoom;
    view.x = x - (x - view.x) * by;
    view.y = y - (y - view.y) * by;
    view.zoom = to;
    settle();
  };
  const pan = (x: number, y: number) => {
    view.x += x;
    view.y += y;
    settle();
  };
  const select = (index: number, reveal = false) => {
    if (index === focus) return;
    focus = index;
    const s = map.segments[index];
    tip.hidden = !s;
    canvas.style.cursor = s?.href ? 'pointer' : '';
    if (s) {
      const [x, y, w, h] = layout.boxes[index].map((unit) => unit * view.scale);
      const flow = (end: 0 | 1, mark: string) =>
        map.flows
          .filter((f) => f[end] === index)
          .slice(0, 3)
          .map((f) => `\n${mark} ${map.segments[f[end ? 0 : 1]].label} ${f[3]}`)
          .join('');
      tip.textContent =
        [s.title || s.label, [s.value_label, s.status_label].filter(Boolean).join(' · ')]
          .filter(Boolean)
          .join('\n') +
        flow(1, '←') +
        flow(0, '→');
      if (reveal) {
        view.x = Math.min(-x + 20, Math.max(view.x, canvas.clientWidth - x - w - 20));
        view.y = Math.min(-y + 20, Math.max(view.y, canvas.clientHeight - y - h - 20));
        settle();
      }
      const left = x + view.x;
      tip.style.left = `${Math.max(0, Math.min(left, canvas.clientWidth - tip.offsetWidth))}px`;
      const below = y + view.y + h + 8;
      const above = y + view.y - tip.offsetHeight - 8;
      tip.style.top = `${above > 0 && below + tip.offsetHeight > canvas.clientHeight ? above : below}px`;
    }
    redraw();
  };
  const at = (e: MouseEvent) => {
    const x = (e.offsetX - view.x) / view.scale;
    const y = (e.offsetY - view.y) / view.scale;
    return layout.boxes.findIndex(
      (b) => x >= b[0] && x <= b[0] + b[2] && y >= b[1] && y <= b[1] + b[3],
    );
  };
  /** The nearest segment in a direction; steps aside count double. */
  const neighbour = (dx: number, dy: number) => {
    const middle = (b: number[]) => [b[0] + b[2] / 2, b[1] + b[3] / 2];
    const [x, y] = focus < 0 ? [-1, -1] : middle(layout.boxes[focus]);
    let best = focus;
    let least = Infinity;
    layout.boxes.forEach((b, i) => {
      const [u, v] = middle(b);
      const ahead = (u - x) * dx + (v - y) * dy;
      const cost = ahead + 2 * Math.abs((u - x) * dy + (v - y) * dx);
      if (i !== focus && ahead > 1 && cost < least) [best, least] = [i, cost];
    });
    return best;
  };
  const follow = () => {
    if (map.segments[focus]?.href) location.assign(map.segments[focus].href);
  };
  const on = <K extends keyof HTMLElementEventMap>(
    type: K,
    act: (e: HTMLElementEventMap[K]) => void,
    options: AddEventListenerOptions = {},
  ) => canvas.addEventListener(type, act, { signal, ...options });

  const arrows: Record<string, [number, number]> = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  on('keydown', (e) => {
    const arrow = arrows[e.key];
    if (arrow && e.shiftKey) pan(arrow[0] * -60, arrow[1] * -60);
    else if (arrow) select(neighbour(...arrow), true);
    else if (e.key === '+' || e.key === '=') zoom(1.3);
    else if (e.key === '-') zoom(1 / 1.3);
    else if (e.key === '0') zoom(0);
    else if (e.key === 'Enter') follow();
    else if (e.key === 'Escape') select(-1);
    else return;
    e.preventDefault();
  });
  on('blur', () => select(-1));
  on(
    'wheel',
    (e) => {
      if (!e.ctrlKey && document.activeElement !== canvas) return; // let the page scroll
      e.preventDefault();
      zoom(Math.exp(-e.deltaY / 400), e.offsetX, e.offsetY);
    },
    { passive: false },
  );
  on('pointerdown', (e) => {
    touches.set(e.pointerId, e);
    moved = 0;
    canvas.setPointerCapture(e.pointerId);
  });
  on('pointermove', (e) => {
    const last = touches.get(e.pointerId);
    if (!last) return e.pointerType === 'mouse' && select(at(e)), undefined;
    const other = [...touches.values()].find((t) => t.pointerId !== e.pointerId);
    const gap = (p: PointerEvent) => Math.hypot(p.offsetX - other!.offsetX, p.offsetY - other!.offsetY);
    if (other) zoom(gap(e) / gap(last), other.offsetX, other.offsetY);
    else pan(e.offsetX - last.offsetX, e.offsetY - last.offsetY);
    moved += Math.hypot(e.offsetX - last.offsetX, e.offsetY - last.offsetY);
    touches.set(e.pointerId, e);
  });
  const lift = (e: PointerEvent) => touches.delete(e.pointerId);
  on('pointerup', lift);
  on('pointercancel', lift);
  on('pointerleave', (e) => e.pointerType === 'mouse' && select(-1));
  on('click', (e) => {
    if (moved > 6) return;
    const hit = at(e);
    // A finger first shows what it touched; the second touch follows.
    if (hit === focus) follow();
    else select(hit);
  });
  host.addEventListener(
    'click',
    (e) => {
      const by = (e.target as HTMLElement).closest<HTMLElement>('[data-zoom]');
      if (by) zoom(Number(by.dataset.zoom));
    },
    { signal },
  );

  const theme = new MutationObserver(redraw);
  theme.observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  const size = new ResizeObserver(() => host.clientWidth && resize());
  size.observe(host);
  signal.addEventListener('abort', () => (theme.disconnect(), size.disconnect()));
  tip.hidden = true;
  host.dataset.state = 'ready';
  resize();
}

customElements.define('chain-map', ChainMap);
