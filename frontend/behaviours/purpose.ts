/**
 * A link or form with `data-purpose` opens data that is only opened for a reason: ask for it and
 * send it along as `purpose`. Without this script the server asks on a page of its own.
 */
export function purpose(): void {
  const dialog = document.querySelector<HTMLDialogElement>('#jq-purpose');
  if (!dialog) return;
  const words = dialog.querySelector('textarea')!;
  let waiting: HTMLElement | null = null;

  const ask = (event: Event, element: HTMLElement) => {
    event.preventDefault();
    event.stopPropagation();
    waiting = element;
    dialog.querySelector('[data-purpose-what]')!.textContent = element.dataset.purpose || '';
    words.value = '';
    dialog.showModal();
  };
  document.addEventListener(
    'click',
    (event) => {
      const link = (event.target as Element).closest<HTMLElement>('a[data-purpose]');
      if (link) ask(event, link);
    },
    true,
  );
  document.addEventListener(
    'submit',
    (event) => {
      const form = event.target as HTMLFormElement;
      if (form.matches('form[data-purpose]') && !form.elements.namedItem('purpose')) ask(event, form);
    },
    true,
  );
  dialog.addEventListener('close', () => {
    const reason = words.value.trim();
    if (dialog.returnValue !== 'confirm' || !reason || !waiting) return;
    if (waiting instanceof HTMLFormElement) {
      const field = document.createElement('input');
      Object.assign(field, { type: 'hidden', name: 'purpose', value: reason });
      waiting.append(field);
      waiting.requestSubmit();
    } else {
      const url = new URL((waiting as HTMLAnchorElement).href);
      url.searchParams.set('purpose', reason);
      location.assign(url);
    }
  });
}
