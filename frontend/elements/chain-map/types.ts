/** The JSON of `data-src`; written by `jiqun/modules/chain/drawing/layout.py`, described in README.md. */
export interface MapData {
  lanes: { tier: string; label: string; notes?: string[] }[];
  segments: Segment[];
  /** From, to (indices of segments), value; largest first. */
  flows: [number, number, number][];
  /** The widest first; the last is for phones. */
  layouts: Layout[];
}

export interface Segment {
  tier: string;
  status: string;
  status_label: string;
  value_label: string;
  /** Name (or null where it may not be shown) and size band 0–4, largest first. */
  firms: [string | null, number][];
  href: string;
  /** What to say of it, one thing a line. */
  tip: string;
}

export interface Layout {
  width: number;
  height: number;
  /** Width of the lanes' names at the left; 0 when they stand above the boxes. */
  gutter: number;
  /** y, height. */
  lanes: [number, number][];
  /** x, y, width, height, first dot's centre x, y, pitch, columns, dots shown. */
  boxes: number[][];
  /** Each segment's label in at most two lines. */
  names: string[][];
}

/** Where the drawing stands: screen = unit × scale + offset; zoom 1 fills the canvas exactly. */
export interface View {
  scale: number;
  zoom: number;
  x: number;
  y: number;
}
