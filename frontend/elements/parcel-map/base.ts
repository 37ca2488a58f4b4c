import TileLayer from 'ol/layer/Tile';
import XYZ from 'ol/source/XYZ';

/** The installation's own base map, loaded only where it has one. */
export const base = (url: string) => new TileLayer({ source: new XYZ({ url }), opacity: 0.75 });
