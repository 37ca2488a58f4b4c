import type { MapData, Parcel } from './types';

const LISTED = 200;
const MU = 2000 / 3; // m²

export interface Chosen extends Parcel {
  code: string;
}

export const mu = (m2: number) =>
  (m2 / MU).toLocaleString('en-US', { maximumFractionDigits: 2, minimumFractionDigits: 2 });

/** Write the selected parcels into the table and the form under the map, with their sums. */
export function list(host: HTMLElement, map: MapData, chosen: Chosen[]): void {
  const { words } = map;
  host.querySelector<HTMLInputElement>('[name=parcels]')!.value = chosen
    .map((one) => one.code)
    .join();
  const area = chosen.reduce((sum, one) => sum + one.m2, 0);
  const sums = map.looks
    .map((look) => [look.label, chosen.filter((one) => one.look === look.look).length] as const)
    .filter(([, count]) => count)
    .map(([label, count]) => `${label} ${count}`);
  const said = words.chosen.replace('{n}', `${chosen.length}`).replace('{mu}', mu(area));
  const status = host.querySelector('.jq-parcel-chosen [role=status]')!;
  status.firstElementChild!.textContent = chosen.length ? said : words.nothing;
  const more = chosen.length > LISTED ? [words.more.replace('{n}', `${LISTED}`)] : [];
  while (status.childNodes.length > 1) status.lastChild!.remove();
  if (chosen.length) status.append(` · ${[...sums, ...more].join(' · ')}`);
  host.querySelector<HTMLElement>('.jq-parcel-chosen .jq-table-wrap')!.hidden = !chosen.length;
  const labels = Object.fromEntries(map.looks.map(({ look, label }) => [look, label]));
  host.querySelector('.jq-parcel-chosen tbody')!.replaceChildren(
    ...chosen.slice(0, LISTED).map((one) => {
      const row = document.createElement('tr');
      const link = document.createElement('a');
      link.href = host.dataset.card!.replace('PARCEL', encodeURIComponent(one.code));
      link.textContent = one.code;
      [link, one.where, map.towns[one.town], mu(one.m2), labels[one.look]].forEach((thing, n) => {
        const cell = row.insertCell();
        if (n === 3) cell.className = 'is-end';
        cell.append(thing);
      });
      return row;
    }),
  );
}
