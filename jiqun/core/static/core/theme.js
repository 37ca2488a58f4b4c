// Runs before the first paint, so that a dark page never flashes white. See behaviours/theme.ts.
(() => {
  const root = document.documentElement;
  root.dataset.js = '';
  let chosen = null;
  try {
    chosen = localStorage.getItem('jiqun-theme');
  } catch {
    // Storage is switched off: the system's choice is used.
  }
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.bsTheme = chosen || (dark ? 'dark' : 'light');
})();
