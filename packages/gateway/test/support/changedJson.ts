import fc from 'fast-check';

/** Values that programs trip over, and any other. */
const value = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(null, true, -1, 0.5, 1e21, 2 ** 53, '', '\ud800', '\0', [], {}, [[]], [null]),
  },
  fc.constantFrom(
    { toString: 1, valueOf: 1 },
    { toJSON: 'x', length: { toString: 1, valueOf: 1 } },
    JSON.parse('{"__proto__":{"isObject":true},"constructor":1}') as object,
  ),
  fc.jsonValue({ depthSize: 'small' }),
  fc.string({ unit: 'binary', maxLength: 30 }),
);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The same JSON with some places exchanged for something else, or left out. */
export const changed = (base: object): fc.Arbitrary<unknown> =>
  fc.array(fc.tuple(fc.nat(), fc.option(value, { nil: undefined })), { maxLength: 3 }).map((changes) => {
    const root = { root: JSON.parse(JSON.stringify(base)) as Json };
    for (const [which, by] of changes) {
      const places = placesIn(root);
      const place = places[which % places.length];
      if (place === undefined) break;
      const [holder, key] = place;
      if (by !== undefined) holder[key] = JSON.parse(JSON.stringify(by)) as Json;
      else if (!Array.isArray(holder)) delete holder[key];
    }
    return root.root;
  });

function placesIn(holder: { [key: string]: Json }): [Record<string, Json>, string][] {
  return Object.keys(holder).flatMap((key) => {
    const inside = holder[key];
    const more = typeof inside === 'object' && inside !== null ? placesIn(inside as Record<string, Json>) : [];
    return [[holder, key] as [Record<string, Json>, string], ...more];
  });
}
