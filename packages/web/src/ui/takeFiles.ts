/** The files that were chosen in a field, which is emptied: a browser tells nobody of a file that is chosen again. */
export function takeFiles(field: HTMLInputElement): File[] {
  const files = [...(field.files ?? [])];
  field.value = '';
  return files;
}
