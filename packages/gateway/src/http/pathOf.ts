/** The path without its query. A target in absolute form (RFC 9112, 3.2.2) counts as its path. */
export function pathOf(target: string): string {
  return (
    (/^https?:\/\/[^/?#]*/i.exec(target) ? target.replace(/^https?:\/\/[^/?#]*/i, '') : target).split('?', 1)[0] || '/'
  );
}
