import { mutantAt } from './mutant.js';
import type { Mutant, Place } from './mutant.js';
import { childOf, childrenOf, extentOf, isNode } from './node.js';
import type { Node } from './node.js';
import { declarationsOf, mutateSolidity, siblingConstants } from './solidityMutants.js';
import { mutateYul } from './yulMutants.js';

/** Declarations whose text runs: what a type or an event says cannot be wrong by one. */
const MUTATED = new Set(['FunctionDefinition', 'ModifierDefinition', 'VariableDeclaration']);

/**
 * All mutants of a file: operators, conditions, statements, constants, modifiers and opcodes, one change each.
 * @param tree the compiler's syntax tree of the file.
 */
export function mutantsOf(file: string, source: Buffer, tree: unknown): Mutant[] {
  if (!isNode(tree)) throw new Error(`${file} has no syntax tree`);
  const mutants = new Map<string, Mutant>();
  for (const { owner, nodes } of declarationsOf(tree)) {
    const constants = siblingConstants(nodes);
    for (const node of nodes.filter(({ nodeType }) => MUTATED.has(nodeType))) {
      const name = String(node['name'] || node['kind']);
      const place: Place = { file, source, within: owner === '' ? name : `${owner}.${name}`, ...extentOf(node) };
      walk(node, place, constants, mutants);
    }
  }
  return [...mutants.values()];
}

function walk(node: Node, place: Place, constants: ReadonlyMap<number, string>, mutants: Map<string, Mutant>): void {
  const text = (start: number, end: number): string => place.source.subarray(start, end).toString('utf8');
  const textOf = (inner: Node): string => text(extentOf(inner).start, extentOf(inner).end);
  const replace = (operator: string, start: number, end: number, replacement: string): void => {
    if (text(start, end) === replacement) return;
    const mutant = mutantAt(place, operator, start, end, replacement);
    if (!mutants.has(mutant.id)) mutants.set(mutant.id, mutant);
  };
  const swapConstant = (inner: Node, declaration: unknown): void => {
    const sibling = constants.get(Number(declaration));
    const { start, end } = extentOf(inner);
    if (sibling !== undefined) replace('constant swapped', start, end, sibling);
  };

  if (node.nodeType === 'Identifier') swapConstant(node, node['referencedDeclaration']);
  if (node.nodeType === 'InlineAssembly') {
    for (const reference of node['externalReferences'] as readonly { declaration: number; src: string }[]) {
      swapConstant({ nodeType: 'YulIdentifier', src: reference.src }, reference.declaration);
    }
  }
  if (node.nodeType.startsWith('Yul')) mutateYul(node, textOf, replace);
  else mutateSolidity(node, text, replace);
  for (const child of childrenToMutate(node)) walk(child, place, constants, mutants);
}

function childrenToMutate(node: Node): Node[] {
  if (node.nodeType === 'InlineAssembly') return [childOf(node, 'AST')];
  // Lengths of arrays are part of a type.
  if (node.nodeType === 'ArrayTypeName') return [];
  // An `if` whose revert is deleted is an `if` whose condition is false.
  if (node.nodeType === 'IfStatement' && childOf(node, 'trueBody').nodeType === 'RevertStatement') {
    return childrenOf(node).map((child) =>
      child.nodeType === 'RevertStatement' ? childOf(child, 'errorCall') : child,
    );
  }
  return childrenOf(node);
}
