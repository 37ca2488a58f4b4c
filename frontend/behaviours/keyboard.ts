/** Single-key shortcuts: "/" searches, "?" lists them. They can be switched off (WCAG 2.1.4). */
const KEY = 'jiqun-shortcuts';

export function keyboard(): void {
  const help = document.querySelector<HTMLDialogElement>('#jq-shortcuts');
  const choice = help?.querySelector<HTMLInputElement>('input[type=checkbox]');
  if (choice) {
    choice.checked = localStorage.getItem(KEY) !== 'off';
    choice.addEventListener('change', () => localStorage.setItem(KEY, choice.checked ? 'on' : 'off'));
  }
  document.addEventListener('click', (event) => {
    if ((event.target as Element).closest('[data-shortcuts]')) help?.showModal();
  });
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if ((event.target as Element).closest('input, select, textarea, dialog, canvas')) return;
    if (localStorage.getItem(KEY) === 'off') return;
    if (event.key === '?') help?.showModal();
    else if (event.key === '/') document.querySelector<HTMLElement>('#jq-search')?.focus();
    else return;
    event.preventDefault();
  });
}
