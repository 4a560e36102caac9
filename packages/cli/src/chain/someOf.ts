/** Nodes take so many values of one argument of an event, and some take more. */
const mostAtOnce = 200;

/** Reads events of many classes, tokens or channels, of as many at once as a node takes. */
export async function someOf<id, event>(
  ids: readonly id[],
  read: (some: id[]) => Promise<readonly event[]>,
): Promise<event[]> {
  const found: event[] = [];
  for (let from = 0; from < ids.length; from += mostAtOnce) {
    found.push(...(await read(ids.slice(from, from + mostAtOnce))));
  }
  return found;
}
