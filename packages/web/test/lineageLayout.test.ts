import { expect, test } from 'vitest';
import { lineageLayout, lineageView, nodeHeight, nodeWidth, type Place } from '../src/pages/class/lineageLayout.js';

const ids = [1n, 2n, 3n, 4n];
const edges = [
  { childId: 4n, parentId: 3n, text: '12.5 % · 13,091.125014 USDC and 1 more' },
  { childId: 4n, parentId: 1n, text: '0.01 % · 10.4729 USDC' },
  { childId: 3n, parentId: 1n, text: '33.33 % · 4,363.271967 USDC and 2 more' },
  { childId: 2n, parentId: 1n, text: '30 %' },
];

test.each([true, false])(
  'the words on the edges of a lineage are under no class and under no other words',
  (isDown) => {
    const places = lineageLayout(ids, edges, isDown);
    const boxes = [
      ...ids.map((id) => ({ ...places.nodes.get(id)!, width: nodeWidth, height: nodeHeight })),
      ...places.edges.map(({ words }, index) => ({ ...words, width: edges[index]!.text.length * 6, height: 16 })),
    ];
    const apart = (one: Place & Box, other: Place & Box): boolean =>
      Math.abs(one.x - other.x) >= (one.width + other.width) / 2 ||
      Math.abs(one.y - other.y) >= (one.height + other.height) / 2;
    for (const [index, box] of boxes.entries()) {
      for (const other of boxes.slice(index + 1)) expect(apart(box, other), JSON.stringify([box, other])).toBe(true);
    }
    for (const { path } of places.edges) expect(path).toMatch(/^M[\d.]+,[\d.]+ (Q\S+ \S+ )*L[\d.]+,[\d.]+$/);
  },
);

test.each([
  ['two classes', 1, { width: 314, height: 480 }, { height: 340, zoom: 1, isWhole: true }],
  ['nine parents, beside one another on a phone', 9, { width: 314, height: 480 }, { zoom: 0.75, isWhole: false }],
  ['nine parents, below one another', 9, { width: 1134, height: 1200 }, { zoom: 1, isWhole: true }],
])('the words of a lineage are large enough to be read: %s', (_, count, room, shown) => {
  const parents = Array.from({ length: count }, (__, index) => BigInt(index + 2));
  const edges = parents.map((parentId) => ({ childId: 1n, parentId, text: '1 %' }));
  const { size } = lineageLayout([1n, ...parents], edges, room.width < 640);
  const view = lineageView(size, room);
  expect(view).toMatchObject(shown);
  expect(view.height).toBeLessThanOrEqual(room.height);
  if (view.isWhole) expect(size.height * view.zoom).toBeLessThanOrEqual(view.height);
});

type Box = { readonly width: number; readonly height: number };
