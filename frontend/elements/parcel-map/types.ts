/** What `data-src` answers beside the features; written by `jiqun/modules/land/mapping/drawing.py`. */
export interface MapData {
  looks: { look: Look; label: string; count: number }[];
  /** Code of a place: its name. */
  towns: Record<string, string>;
  words: Record<'mu' | 'chosen' | 'nothing' | 'more' | 'converted' | 'overlap' | 'upon', string>;
  /** Land that two parcels share; GeoJSON. */
  overlaps: { type: 'FeatureCollection'; features: object[] };
  tiles: { url: string } | null;
}

/** By the grade of the holder; `none` was not evaluated, `hidden` is not shown to this reader. */
export type Look = 'a' | 'b' | 'c' | 'd' | 't' | 'open' | 'none' | 'hidden';

/** Properties of a feature; its id is the parcel's code. */
export interface Parcel {
  where: string;
  town: string;
  m2: number;
  look: Look;
  converted?: true;
  /** Parcels that it lies upon, and by how many m². */
  upon?: [string, number][];
}
