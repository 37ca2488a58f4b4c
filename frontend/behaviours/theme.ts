/** Light or dark by choice, else as the system says. `core/theme.js` applies it before first paint. */
const KEY = 'jiqun-theme';

export function theme(): void {
  const root = document.documentElement;
  document.addEventListener('click', (event) => {
    if (!(event.target as Element).closest('[data-theme-toggle]')) return;
    const next = root.dataset.bsTheme === 'dark' ? 'light' : 'dark';
    root.dataset.bsTheme = next;
    localStorage.setItem(KEY, next);
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', (event) => {
    if (!localStorage.getItem(KEY)) root.dataset.bsTheme = event.matches ? 'dark' : 'light';
  });
}
