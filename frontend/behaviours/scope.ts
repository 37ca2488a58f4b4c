/** The scope bar: choosing a place opens the same page for it and keeps the page's other words. */
export function scope(): void {
  document.addEventListener('change', (event) => {
    const select = event.target as HTMLSelectElement;
    if (!select.matches?.('[data-scope-pick]')) return;
    const address = new URL(location.href);
    for (const name of [...address.searchParams.keys()]) if (name.startsWith('p.')) address.searchParams.delete(name);
    new URLSearchParams(select.value).forEach((value, name) => address.searchParams.set(name, value));
    location.assign(address);
  });
}
