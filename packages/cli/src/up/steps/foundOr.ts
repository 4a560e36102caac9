/**
 * A step that may be repeated: what is there already, else what `make` puts there. `make` need not say what it made, so
 * that a step which was cut off after its transaction and one that was not take the same way.
 */
export async function foundOr<T>(find: () => Promise<T | undefined>, make: () => Promise<unknown>): Promise<T> {
  const present = await find();
  if (present !== undefined) return present;
  await make();
  const made = await find();
  if (made === undefined) throw new Error('a step of setting up has no effect that can be found on the chain');
  return made;
}
