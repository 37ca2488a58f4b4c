/** The navigation button of small screens; menus close when the attention goes elsewhere. */
export function navigation(): void {
  document.addEventListener('click', (event) => {
    const target = event.target as Element;
    const toggle = target.closest<HTMLElement>('[data-nav-toggle]');
    if (toggle) {
      const open = document.getElementById('jq-nav')!.classList.toggle('is-open');
      toggle.setAttribute('aria-expanded', String(open));
    }
    document.querySelectorAll<HTMLDetailsElement>('details.jq-menu[open]').forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
    if (target.closest('[data-print]')) print();
  });
  document.addEventListener('keydown', (event) => {
    const menu = (event.target as Element).closest<HTMLDetailsElement>('details.jq-menu[open]');
    if (event.key !== 'Escape' || !menu) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
  const summary = document.querySelector<HTMLElement>('.jq-summary');
  summary?.focus(); // a form that came back with problems is read from its summary
}
