import { childOf, childrenOf, extentOf, isNode } from './node.js';
import type { Node } from './node.js';

/** Replaces the bytes of a node, or of a part of it. */
export type Replace = (operator: string, start: number, end: number, replacement: string) => void;

const SWAPPED: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  div: 'mul',
  mod: 'div',
  lt: 'gt',
  gt: 'lt',
  slt: 'sgt',
  sgt: 'slt',
  shl: 'shr',
  shr: 'shl',
  xor: 'or',
};
/** Less becomes less or equal, greater becomes greater or equal. */
const LOOSENED: Readonly<Record<string, string>> = { lt: 'gt', gt: 'lt', slt: 'sgt', sgt: 'slt' };

/** Mutants of one node of assembly; `text` reads the source. */
export function mutateYul(node: Node, text: (node: Node) => string, replace: Replace): void {
  const { start, end } = extentOf(node);
  switch (node.nodeType) {
    case 'YulFunctionCall':
      return mutateCall(node, text, replace);
    case 'YulExpressionStatement':
    case 'YulAssignment':
    case 'YulBreak':
    case 'YulContinue':
      return replace('statement deleted', start, end, '{}');
    case 'YulVariableDeclaration':
      if (isNode(node['value']) && text(node['value']) !== '0') {
        replace('value to zero', extentOf(node['value']).start, extentOf(node['value']).end, '0');
      }
      return;
    case 'YulIf': {
      const condition = extentOf(childOf(node, 'condition'));
      replace('condition true', condition.start, condition.end, '1');
      return replace('condition false', condition.start, condition.end, '0');
    }
    case 'YulForLoop': {
      const condition = extentOf(childOf(node, 'condition'));
      return replace('condition false', condition.start, condition.end, '0');
    }
    case 'YulLiteral':
      if (node['kind'] === 'number') mutateNumber(text(node), start, end, replace);
  }
}

function mutateCall(node: Node, text: (node: Node) => string, replace: Replace): void {
  const { start, end } = extentOf(node);
  const callee = childOf(node, 'functionName');
  const name = String(callee['name']);
  const called = extentOf(callee);
  const operands = childrenOf({ nodeType: 'YulOperands', src: '', list: node['arguments'] });
  const swapped = SWAPPED[name];
  if (swapped !== undefined) replace('opcode swapped', called.start, called.end, swapped);
  const loosened = LOOSENED[name];
  const inner = text(node).slice(name.length);
  if (loosened !== undefined) replace('boundary', start, end, `iszero(${loosened}${inner})`);
  if (name === 'eq') replace('comparison negated', start, end, `iszero(${text(node)})`);
  if (name === 'iszero' || name === 'not') replace('negation removed', start, end, text(operands[0]!));
  if (name === 'and' || name === 'or') {
    replace('operand dropped', start, end, text(operands[0]!));
    replace('operand dropped', start, end, text(operands[1]!));
  }
}

/** One more; hexadecimal stays so, with as many digits. */
export function mutateNumber(literal: string, start: number, end: number, replace: Replace): void {
  if (!/^(0x)?[0-9a-fA-F_]+$/.test(literal)) return;
  const digits = literal.startsWith('0x') ? literal.length - 2 : 0;
  const more = BigInt(literal.replaceAll('_', '')) + 1n;
  replace('number', start, end, digits === 0 ? String(more) : `0x${more.toString(16).padStart(digits, '0')}`);
}
