/** Nodes take so many values of one argument of an event, and some take more. */
const mostAtOnce = 200;

/** Reads events of many classes, of as many at once as a node takes. */
export async function someClasses<event>(
  classIds: readonly bigint[],
  read: (some: bigint[]) => Promise<readonly event[]>,
): Promise<event[]> {
  const found: event[] = [];
  for (let from = 0; from < classIds.length; from += mostAtOnce) {
    found.push(...(await read(classIds.slice(from, from + mostAtOnce))));
  }
  return found;
}
