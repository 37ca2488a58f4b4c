/** The JSON of `data-src`; written by `jiqun/modules/chain/layout.py`, described in README.md. */
export interface MapData {
  unit: string;
  lanes: { tier: string; label: string; note?: string }[];
  segments: Segment[];
  /** From, to (indices of segments), value, label; largest first. */
  flows: [number, number, number, string][];
  layouts: Layout[];
}

export interface Segment {
  label: string;
  title: string;
  tier: string;
  status: string;
  status_label: string;
  value_label: string;
  /** Name (or null where it may not be shown) and size band 0–4, largest first. */
  firms: [string | null, number][];
  href: string;
}

export interface Layout {
  width: number;
  height: number;
  gutter: number;
  /** y, height. */
  lanes: [number, number][];
  /** x, y, width, height, first dot's centre x, y, pitch, columns, dots shown. */
  boxes: number[][];
}

/** Where the drawing stands: screen = unit × scale + offset; `zoom` is scale ÷ natural scale. */
export interface View {
  scale: number;
  zoom: number;
  x: number;
  y: number;
}
