/** A file dragged onto an upload form goes into its file field; choosing works without this. */
export function drop(): void {
  document.querySelectorAll<HTMLFormElement>('form[enctype="multipart/form-data"]').forEach((form) => {
    const field = form.querySelector<HTMLInputElement>('input[type="file"]');
    const zone = field?.closest<HTMLElement>('.jq-field') ?? form;
    if (!field) return;
    const mark = (over: boolean) => zone.classList.toggle('is-over', over);
    form.addEventListener('dragover', (event) => {
      event.preventDefault();
      mark(true);
    });
    form.addEventListener('dragleave', () => mark(false));
    form.addEventListener('drop', (event) => {
      event.preventDefault();
      mark(false);
      if (event.dataTransfer?.files.length) field.files = event.dataTransfer.files;
    });
  });
}
