// No plain object: extensions such as `constructor` would find what every object has.
const mediaTypes = new Map(
  Object.entries({
    arrow: 'application/vnd.apache.arrow.file',
    csv: 'text/csv',
    flac: 'audio/flac',
    gif: 'image/gif',
    gz: 'application/gzip',
    htm: 'text/html',
    html: 'text/html',
    jpeg: 'image/jpeg',
    jpg: 'image/jpeg',
    json: 'application/json',
    jsonl: 'application/jsonlines',
    md: 'text/markdown',
    mp3: 'audio/mpeg',
    mp4: 'video/mp4',
    ndjson: 'application/jsonlines',
    parquet: 'application/vnd.apache.parquet',
    pdf: 'application/pdf',
    png: 'image/png',
    tar: 'application/x-tar',
    tsv: 'text/tab-separated-values',
    txt: 'text/plain',
    wav: 'audio/wav',
    webp: 'image/webp',
    xml: 'application/xml',
    yaml: 'application/yaml',
    yml: 'application/yaml',
    zip: 'application/zip',
  }),
);

/** What stands after the last dot of a path's last segment; empty for `name`, `.name` and `name.`. Case is kept. */
export function extensionOf(path: string): string {
  return /[^/]\.([^./]+)$/.exec(path)?.[1] ?? '';
}

/** Media type by the end of a path; `application/octet-stream` for what is not known. */
export function mediaTypeOf(path: string): string {
  return mediaTypes.get(extensionOf(path).toLowerCase()) ?? 'application/octet-stream';
}
