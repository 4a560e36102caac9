/** Server-sent events of a stream, each with the empty line that ends it, byte for byte. */
export async function* eventsOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let rest: Uint8Array = new Uint8Array();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    rest = joined([rest, value]);
    for (let end = endOfEvent(rest); end > 0; end = endOfEvent(rest)) {
      yield rest.slice(0, end);
      rest = rest.slice(end);
    }
  }
  if (rest.length > 0) yield rest;
}

/** Where the first event ends; 0 while it is not whole. Line ends are LF or CR LF. */
function endOfEvent(bytes: Uint8Array): number {
  for (let index = 0; index + 1 < bytes.length; index += 1) {
    if (bytes[index] !== 10) continue;
    if (bytes[index + 1] === 10) return index + 2;
    if (bytes[index + 1] === 13 && bytes[index + 2] === 10) return index + 3;
  }
  return 0;
}

/** Pieces as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((length, piece) => length + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.length;
  }
  return bytes;
}
