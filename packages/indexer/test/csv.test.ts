import { describe, expect, test } from 'vitest';
import { csvOf } from '../ponder/src/api/csv.js';

const textOf = async (stream: ReadableStream<Uint8Array>): Promise<string> => new Response(stream).text();

describe('a list as CSV', () => {
  test('is whole, however many parts it comes in, and they are read one after another', async () => {
    const rows = Array.from({ length: 1_201 }, (_, index) => ({ id: BigInt(index), name: `row ${index}` }));
    const places: (string | undefined)[] = [];
    const csv = await csvOf(['id', 'name'], async (place) => {
      places.push(place);
      const from = Number(place ?? 0);
      return { rows: rows.slice(from, from + 500), next: from + 500 < rows.length ? String(from + 500) : null };
    });
    // Nothing is read ahead of who takes it.
    expect(places.length).toBeLessThanOrEqual(2);
    const lines = (await textOf(csv)).split('\r\n');
    expect(lines).toEqual(['id,name', ...rows.map(({ id, name }) => `${id},${name}`), '']);
    expect(places).toEqual([undefined, '500', '1000']);
  });

  test('keeps amounts exact, quotes what separates, and runs no formula', async () => {
    const row = { units: 2n ** 200n, name: '=1+1', text: 'a "b",\nc', price: { units: 1n }, none: null };
    const csv = await csvOf(Object.keys(row), async () => ({ rows: [row], next: null }));
    expect(await textOf(csv)).toBe(
      `units,name,text,price,none\r\n${2n ** 200n},'=1+1,"a ""b"",\nc","{""units"":""1""}",\r\n`,
    );
  });

  test('fails before it begins, or is broken off: a beginning is never taken for the whole', async () => {
    const fails = () => Promise.reject(new Error('no database'));
    await expect(csvOf(['id'], fails)).rejects.toThrow('no database');
    let parts = 0;
    const csv = await csvOf(['id'], async () => (parts++ === 0 ? { rows: [{ id: 1n }], next: '1' } : fails()));
    await expect(textOf(csv)).rejects.toThrow('no database');
  });
});
