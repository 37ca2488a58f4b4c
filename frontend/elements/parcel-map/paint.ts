import Fill from 'ol/style/Fill';
import Stroke from 'ol/style/Stroke';
import Style from 'ol/style/Style';
import Text from 'ol/style/Text';
import type { Look } from './types';

type Line = [number, number, number, number];

const TILE = 8; // CSS pixels; OpenLayers aligns patterns to multiples of 512
const LETTERS: Partial<Record<Look, string>> = { a: 'A', b: 'B', c: 'C', d: 'D', t: 'T' };
/** Of each look, the tokens of fill and ink and the lines of its hatch; as PAPER in drawing.py. */
const LOOKS: Record<Look, [string, string, Line[]]> = {
  a: ['--jq-good-tint', '--jq-good', []],
  b: ['--jq-brand-tint', '--jq-brand', [[0, 8, 8, 0]]],
  c: ['--jq-warn-tint', '--jq-warn', [[0, 4, 8, 4]]],
  d: ['--jq-bad-tint', '--jq-bad', [[0, 8, 8, 0], [0, 0, 8, 8]]], // prettier-ignore
  t: ['--map-potential-tint', '--map-potential', [[4, 3, 4, 5], [3, 4, 5, 4]]], // prettier-ignore
  open: ['--map-lane', '--map-muted', [[4, 0, 4, 8]]],
  none: ['--map-surface', '--map-muted', []],
  hidden: ['--map-lane', '--map-muted', []],
};

export type Token = (name: string) => string;

/** Land that two parcels share: crossed lines over whatever lies below. */
const OVERLAP: [string, string, Line[]] = ['', '--map-ink', [[0, 4, 8, 4], [4, 0, 4, 8]]]; // prettier-ignore

/** The pattern of a look for a canvas of a pixel ratio. */
function pattern([fill, ink, lines]: [string, string, Line[]], token: Token, ratio: number): CanvasPattern {
  const tile = document.createElement('canvas');
  tile.width = tile.height = TILE * ratio;
  const c = tile.getContext('2d')!;
  c.scale(ratio, ratio);
  if (fill) {
    c.fillStyle = token(fill);
    c.fillRect(0, 0, TILE, TILE);
  }
  c.strokeStyle = token(ink);
  c.lineWidth = 1;
  c.beginPath();
  // Each line also one tile up and down, or corners of diagonals would be cut.
  for (const [x, y, u, v] of lines)
    for (const by of x === u || y === v ? [0] : [-TILE, 0, TILE]) {
      c.moveTo(x + by, y);
      c.lineTo(u + by, v);
    }
  c.stroke();
  return c.createPattern(tile, 'repeat')!;
}

/** Styles of every look, with and without the letter of the grade. */
export function styles(token: Token): Record<Look, [Style, Style]> {
  const ratio = Math.max(1, Math.round(devicePixelRatio));
  const made = (Object.keys(LOOKS) as Look[]).map((look) => {
    const ink = token(LOOKS[look][1]);
    const plain = {
      fill: new Fill({ color: pattern(LOOKS[look], token, ratio) }),
      stroke: new Stroke({ color: ink, width: 1.2, lineDash: look === 'none' ? [4, 3] : undefined }),
    };
    const letter = LETTERS[look];
    const text = new Text({
      text: letter,
      font: `600 13px ${token('--map-font') || 'sans-serif'}`,
      fill: new Fill({ color: ink }),
      stroke: new Stroke({ color: token('--map-surface'), width: 4 }),
      overflow: true,
    });
    return [look, [new Style(plain), new Style(letter ? { ...plain, text } : plain)]];
  });
  return Object.fromEntries(made);
}

/** The style of land that two parcels share. */
export function shared(token: Token): Style {
  const ratio = Math.max(1, Math.round(devicePixelRatio));
  return new Style({
    fill: new Fill({ color: pattern(OVERLAP, token, ratio) }),
    stroke: new Stroke({ color: token(OVERLAP[1]), width: 2.5 }),
  });
}

/** What is drawn over the parcels: the one that has the focus, those selected, the lasso. */
export function marks(token: Token): Record<'focus' | 'chosen' | 'lasso', Style[]> {
  const line = (color: string, width: number, lineDash?: number[]) =>
    new Style({ stroke: new Stroke({ color: token(color), width, lineDash }) });
  return {
    focus: [line('--map-surface', 7), line('--map-ink', 4)],
    chosen: [line('--map-surface', 5), line('--map-ink', 2.5, [6, 4])],
    lasso: [line('--map-surface', 4), line('--map-ink', 2, [6, 5])],
  };
}

/** The name of a place above its parcels. */
export function name(words: string, token: Token): Style {
  return new Style({
    text: new Text({
      text: words,
      font: `13px ${token('--map-font') || 'sans-serif'}`,
      fill: new Fill({ color: token('--map-ink') }),
      stroke: new Stroke({ color: token('--map-surface'), width: 4 }),
      textBaseline: 'bottom',
      offsetY: -5,
    }),
  });
}

/** A swatch of the legend, drawn as the map draws it; without a look that of an overlap. */
export function swatch(look: Look | undefined, token: Token): HTMLCanvasElement {
  const drawn = look ? LOOKS[look] : OVERLAP;
  const ratio = Math.max(1, Math.round(devicePixelRatio));
  const canvas = document.createElement('canvas');
  canvas.width = 26 * ratio;
  canvas.height = 16 * ratio;
  const c = canvas.getContext('2d')!;
  c.fillStyle = pattern(drawn, token, ratio);
  c.fillRect(0, 0, canvas.width, canvas.height);
  c.strokeStyle = token(drawn[1]);
  c.lineWidth = 2 * ratio;
  if (look === 'none') c.setLineDash([4 * ratio, 3 * ratio]);
  c.strokeRect(0, 0, canvas.width, canvas.height);
  return canvas;
}
