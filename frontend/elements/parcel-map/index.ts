import Feature from 'ol/Feature';
import OlMap from 'ol/Map';
import type MapBrowserEvent from 'ol/MapBrowserEvent';
import View from 'ol/View';
import { containsXY, createEmpty, extend, getCenter, getHeight, getWidth, type Extent } from 'ol/extent';
import GeoJSON from 'ol/format/GeoJSON';
import LineString from 'ol/geom/LineString';
import Point from 'ol/geom/Point';
import Polygon from 'ol/geom/Polygon';
import DoubleClickZoom from 'ol/interaction/DoubleClickZoom';
import DragPan from 'ol/interaction/DragPan';
import MouseWheelZoom from 'ol/interaction/MouseWheelZoom';
import PinchZoom from 'ol/interaction/PinchZoom';
import PointerInteraction from 'ol/interaction/Pointer';
import VectorLayer from 'ol/layer/Vector';
import VectorSource from 'ol/source/Vector';
import { marks, name, shared, styles, swatch } from './paint';
import { list, mu, type Chosen } from './selection';
import type { Look, MapData, Parcel } from './types';

const LETTER_FROM = 26; // CSS pixels of the smaller side, from which a parcel has room for its letter
const NAME_BELOW = 120; // CSS pixels of a place's parcels, above which its name goes
const CLOSEST = 0.05; // metres per pixel

/**
 * `<parcel-map data-src data-card>`: parcels by the grade of their holder, hatched beside coloured,
 * with a lasso. The server writes everything else into the page. See README.md.
 */
class ParcelMap extends HTMLElement {
  async connectedCallback(): Promise<void> {
    if (this.dataset.state) return;
    this.dataset.state = 'loading';
    const answer = await fetch(this.dataset.src!).catch(() => null);
    const data = answer?.ok ? await answer.json().catch(() => null) : null;
    if (data) return mount(this, data);
    this.dataset.state = 'failed';
    this.querySelector<HTMLElement>('.jq-parcel-failed')!.hidden = false;
  }
}

function mount(host: HTMLElement, data: MapData): void {
  host.dataset.state = 'ready'; // shows the box, which has no size before
  const box = host.querySelector<HTMLElement>('.jq-parcel-canvas')!;
  const tip = host.querySelector('output')!;
  const aside = host.querySelector<HTMLElement>('.jq-parcel-card')!;
  const lassoButton = host.querySelector<HTMLButtonElement>('[data-do=lasso]')!;
  const town = host.querySelector<HTMLSelectElement>('[name=town]')!;
  const { words } = data;
  const labels = Object.fromEntries(data.looks.map(({ look, label }) => [look, label]));
  const token = (name: string) => getComputedStyle(host).getPropertyValue(name).trim();

  const format = new GeoJSON({ featureProjection: 'EPSG:3857' });
  const features = format.readFeatures(data);
  const source = new VectorSource({ features });
  const above = new VectorSource();
  const middles = new Map(features.map((one) => [one, getCenter(one.getGeometry()!.getExtent())]));
  const chosen = new Set<Feature>();
  const of = (feature: Feature) => feature.getProperties() as Parcel;
  let fills = styles(token);
  let lines = marks(token);
  let focus: Feature | undefined;

  const layer = new VectorLayer({
    source,
    updateWhileAnimating: true,
    style: (feature, resolution) => {
      const extent = feature.getGeometry()!.getExtent() as [number, number, number, number];
      const room = Math.min(getWidth(extent), getHeight(extent)) / resolution;
      return fills[feature.get('look') as Look][room >= LETTER_FROM ? 1 : 0];
    },
  });
  const over = new VectorLayer({
    source: above,
    style: (feature) => lines[feature.get('mark') as 'focus' | 'chosen' | 'lasso'],
  });
  const overlaps = new VectorSource({ features: format.readFeatures(data.overlaps) });
  let cross = shared(token);
  const doubled = new VectorLayer({ source: overlaps, style: () => cross });
  const view = new View({ minResolution: CLOSEST, showFullExtent: true });
  // Seen from afar a place's parcels are specks: its name and their number stand above them.
  const areas = new Map<string, Extent>();
  for (const one of features)
    areas.set(of(one).town, extend(areas.get(of(one).town) ?? createEmpty(), one.getGeometry()!.getExtent()));
  const names = new VectorLayer({
    declutter: true,
    source: new VectorSource({
      features: [...areas].map(([code, [west, , east, north]]) => {
        const made = new Feature(new Point([(west + east) / 2, north]));
        made.set('code', code);
        return made;
      }),
    }),
    style: (feature, resolution) => {
      const code = feature.get('code') as string;
      const extent = areas.get(code)!;
      const size = Math.max(getWidth(extent), getHeight(extent)) / resolution;
      return size < NAME_BELOW ? name(data.towns[code], token) : undefined;
    },
  });
  let lassoing = false;
  const drag: DragPan = new DragPan({
    condition: ({ originalEvent: e }) =>
      !lassoing && ((e as PointerEvent).pointerType !== 'touch' || drag.getPointerCount() === 2),
  });
  const map = new OlMap({
    target: box,
    view,
    controls: [],
    layers: [layer, doubled, over, names],
    interactions: [
      new DoubleClickZoom(),
      new PinchZoom(),
      new MouseWheelZoom({
        // Elsewhere the wheel scrolls the page.
        condition: (e) =>
          document.activeElement === box || (e.originalEvent as WheelEvent).ctrlKey,
      }),
      drag,
    ],
  });
  if (data.tiles) {
    const { url } = data.tiles;
    void import('./base').then(({ base }) => map.getLayers().insertAt(0, base(url)));
  }

  // ---- where the view stands -------------------------------------------------------------------

  const fit = (extent = source.getExtent()) => {
    if (features.length) view.fit(extent!, { padding: [24, 24, 24, 24], maxZoom: 20 });
  };
  const zoom = (by: number) => {
    view.setResolution(view.getConstrainedResolution(view.getResolution()! / by));
    if (focus && by > 1) view.setCenter(middles.get(focus));
  };
  const pan = (dx: number, dy: number) => {
    const [x, y] = view.getCenter()!;
    const by = view.getResolution()! * 60;
    view.setCenter([x + dx * by, y - dy * by]);
  };

  // ---- what is marked --------------------------------------------------------------------------

  const mark = (feature: Feature, kind: string) => {
    const made = new Feature(feature.getGeometry());
    made.set('mark', kind);
    return made;
  };
  const redraw = (lasso?: Feature) => {
    above.clear(true);
    above.addFeatures([
      ...[...chosen].map((one) => mark(one, 'chosen')),
      ...(focus ? [mark(focus, 'focus')] : []),
      ...(lasso ? [lasso] : []),
    ]);
  };
  const point = (feature?: Feature) => {
    if (feature === focus) return;
    focus = feature;
    redraw();
    tip.hidden = !feature;
    if (!feature) return;
    const { where, town: at, m2, look, converted, upon = [] } = of(feature);
    tip.textContent = [
      where || feature.getId(),
      `${feature.getId()} · ${data.towns[at]}`,
      `${mu(m2)} ${words.mu} · ${labels[look]}`,
      ...(converted ? [words.converted] : []),
      ...upon.map(([code, m2]) => words.upon.replace('{code}', code).replace('{m2}', m2.toLocaleString('en-US'))),
    ].join('\n');
    place();
  };
  /** Put the words under the parcel, within the map. */
  const place = () => {
    if (!focus) return;
    const [west, south] = focus.getGeometry()!.getExtent();
    const [x, y] = map.getPixelFromCoordinate([west, south]) || [0, 0];
    tip.style.left = Math.max(0, Math.min(x, box.clientWidth - tip.offsetWidth)) + 'px';
    tip.style.top = Math.max(0, Math.min(y + 8, box.clientHeight - tip.offsetHeight)) + 'px';
  };
  const choose = (wanted: Iterable<Feature>) => {
    for (const one of wanted) chosen.add(one);
    chose();
  };
  const chose = () => {
    redraw();
    const rows = [...chosen].map((one): Chosen => ({ ...of(one), code: `${one.getId()}` }));
    list(host, data, rows.sort((a, b) => (a.code < b.code ? -1 : 1)));
  };
  const toggle = (feature: Feature) => {
    if (!chosen.delete(feature)) chosen.add(feature);
    chose();
  };

  // ---- the card --------------------------------------------------------------------------------

  const open = async (feature: Feature) => {
    const code = encodeURIComponent(`${feature.getId()}`);
    const answer = await fetch(`${host.dataset.card!.replace('PARCEL', code)}?part=1`).catch(() => null);
    if (!answer?.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    aside.replaceChildren(...page.body.childNodes);
    aside.scrollIntoView({ block: 'nearest' });
  };

  map.on('postrender', place);

  // ---- pointer ---------------------------------------------------------------------------------

  const under = (coordinate: number[]) => source.getFeaturesAtCoordinate(coordinate)[0];
  map.on('pointermove', (e: MapBrowserEvent) => {
    const { pointerType } = e.originalEvent as PointerEvent;
    if (!lassoing && !e.dragging && pointerType !== 'touch') point(under(e.coordinate));
  });
  map.on('singleclick', (e: MapBrowserEvent) => {
    const feature = under(e.coordinate);
    point(feature);
    if (!feature || lassoing) return;
    (e.originalEvent as PointerEvent).shiftKey ? toggle(feature) : void open(feature);
  });
  box.addEventListener('pointerleave', () => document.activeElement !== box && point());
  box.addEventListener('blur', () => point());

  let path: number[][] = [];
  map.addInteraction(
    new PointerInteraction({
      handleDownEvent(e) {
        path = [e.coordinate];
        return lassoing;
      },
      handleDragEvent(e) {
        path.push(e.coordinate);
        const drawn = new Feature(new LineString(path));
        drawn.set('mark', 'lasso');
        redraw(drawn);
      },
      handleUpEvent() {
        if (path.length > 2) {
          const ring = new Polygon([[...path, path[0]]]);
          choose(features.filter((one) => ring.intersectsCoordinate(middles.get(one)!)));
        }
        lasso(false);
        return false;
      },
    }),
  );
  const lasso = (on: boolean) => {
    lassoing = on;
    lassoButton.setAttribute('aria-pressed', `${on}`);
    box.classList.toggle('is-lasso', on);
    point();
    redraw();
  };

  // ---- keyboard and buttons --------------------------------------------------------------------

  /** The nearest parcel in a direction, steps aside counting double; the first is the middle one. */
  const step = (dx: number, dy: number) => {
    const [x, y] = focus ? middles.get(focus)! : view.getCenter()!;
    let best: Feature | undefined;
    let least = Infinity;
    for (const [one, [u, v]] of middles) {
      const ahead = (u - x) * dx - (v - y) * dy;
      const aside = Math.abs((u - x) * dy) + Math.abs((v - y) * dx);
      const cost = focus ? ahead + 2 * aside : Math.hypot(u - x, v - y);
      if (one !== focus && (!focus || ahead > 0.01) && cost < least) [best, least] = [one, cost];
    }
    if (!best) return;
    const middle = middles.get(best)!;
    if (!containsXY(view.calculateExtent(map.getSize()), middle[0], middle[1])) {
      view.setCenter(middle);
      map.renderSync();
    }
    point(best);
  };
  const everything = () => {
    const extent = view.calculateExtent(map.getSize());
    choose(features.filter((one) => containsXY(extent, middles.get(one)![0], middles.get(one)![1])));
  };
  const clear = () => {
    chosen.clear();
    town.value = '';
    chose();
  };
  const actions: Record<string, () => void> = {
    lasso: () => lasso(!lassoing),
    view: everything,
    clear,
    in: () => zoom(1.5),
    out: () => zoom(1 / 1.5),
    fit: () => fit(),
  };
  box.onkeydown = (e) => {
    const arrow = (dx: number, dy: number) => (e.shiftKey ? pan(dx, dy) : step(dx, dy));
    const keys: Record<string, () => void> = {
      ArrowLeft: () => arrow(-1, 0),
      ArrowRight: () => arrow(1, 0),
      ArrowUp: () => arrow(0, -1),
      ArrowDown: () => arrow(0, 1),
      '+': actions.in,
      '=': actions.in,
      '-': actions.out,
      0: () => fit(),
      Enter: () => focus && void open(focus),
      ' ': () => focus && toggle(focus),
      Escape: () => (lassoing ? lasso(false) : point()),
    };
    if (!keys[e.key] || e.ctrlKey || e.metaKey || e.altKey) return;
    keys[e.key]();
    e.preventDefault();
  };
  host.addEventListener('click', (e) => {
    const asked = (e.target as Element).closest<HTMLElement>('[data-do]')?.dataset.do;
    if (asked) actions[asked]();
  });
  town.addEventListener('change', () => {
    if (!town.value) return;
    choose(features.filter((one) => of(one).town === town.value));
    if (areas.has(town.value)) fit(areas.get(town.value));
  });

  // ---- colours ---------------------------------------------------------------------------------

  const entry = (look: Look | undefined, words: string) => {
    const item = document.createElement('li');
    item.append(swatch(look, token), ` ${words}`);
    return item;
  };
  const legend = () => {
    const twice = data.overlaps.features.length;
    host.querySelector('.jq-map-legend')!.replaceChildren(
      ...data.looks.map(({ look, label, count }) => entry(look, `${label} ${count.toLocaleString('en-US')}`)),
      ...(twice ? [entry(undefined, words.overlap.replace('{n}', twice.toLocaleString('en-US')))] : []),
    );
  };
  const dress = () => {
    fills = styles(token);
    lines = marks(token);
    cross = shared(token);
    doubled.changed();
    layer.changed();
    over.changed();
    names.changed();
    legend();
  };
  const theme = new MutationObserver(() => (host.isConnected ? dress() : theme.disconnect()));
  theme.observe(document.documentElement, { attributeFilter: ['data-bs-theme'] });
  const root = document.documentElement;
  let screen: string | undefined;
  addEventListener('beforeprint', () => {
    screen = root.dataset.bsTheme; // paper is white: the canvas is drawn again in the light tokens
    root.dataset.bsTheme = 'light';
    dress();
    map.renderSync();
  });
  addEventListener('afterprint', () => (root.dataset.bsTheme = screen));

  fit();
  legend();
  list(host, data, []);
  new ResizeObserver(() => map.updateSize()).observe(box);
}

customElements.define('parcel-map', ParcelMap);
