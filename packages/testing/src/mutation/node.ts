/** A node of the compiler's syntax tree: of Solidity, or, where the type begins with "Yul", of assembly. */
export type Node = { readonly nodeType: string; readonly src: string; readonly [key: string]: unknown };

export function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && typeof (value as Node).nodeType === 'string';
}

/** First byte, and the byte after the last. */
export function extentOf(node: Node): { readonly start: number; readonly end: number } {
  const [start, length] = node.src.split(':').map(Number) as [number, number];
  return { start, end: start + length };
}

/** The nodes directly below, in the tree's order. */
export function childrenOf(node: Node): Node[] {
  return Object.values(node).flatMap((value) =>
    Array.isArray(value) ? value.filter(isNode) : isNode(value) ? [value] : [],
  );
}

/** A node's child that must be there. */
export function childOf(node: Node, key: string): Node {
  const child = node[key];
  if (!isNode(child)) throw new Error(`${node.nodeType} at ${node.src} has no ${key}`);
  return child;
}
