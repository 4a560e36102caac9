import { childOf, childrenOf, extentOf, isNode } from './node.js';
import type { Node } from './node.js';
import { mutateNumber } from './yulMutants.js';
import type { Replace } from './yulMutants.js';

const SWAPPED: Readonly<Record<string, readonly string[]>> = {
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '==': ['!='],
  '!=': ['=='],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['/'],
  '<<': ['>>'],
  '>>': ['<<'],
  '&': ['|'],
  '|': ['&'],
  '^': ['|'],
  '+=': ['-=', '='],
  '-=': ['+=', '='],
  '|=': ['&=', '='],
  '&=': ['|=', '='],
};

/** Mutants of one node of Solidity; `text` reads the source between two bytes. */
export function mutateSolidity(node: Node, text: (start: number, end: number) => string, replace: Replace): void {
  const { start, end } = extentOf(node);
  const deleteStatement = (): void => {
    // The tree leaves the semicolon out.
    const semicolon = text(end, end + 1) === ';' ? 1 : 0;
    replace('statement deleted', start, end + semicolon, '{}');
  };
  switch (node.nodeType) {
    case 'BinaryOperation':
      return mutateBinary(node, text, replace);
    case 'UnaryOperation':
      return mutateUnary(node, text, replace);
    case 'Assignment':
      return swapOperator(childOf(node, 'leftHandSide'), childOf(node, 'rightHandSide'), node, text, replace);
    case 'ExpressionStatement':
    case 'EmitStatement':
    case 'Return':
    case 'Break':
    case 'Continue':
      return deleteStatement();
    case 'RevertStatement':
      return deleteStatement();
    case 'IfStatement':
    case 'Conditional': {
      const condition = extentOf(childOf(node, 'condition'));
      replace('condition true', condition.start, condition.end, 'true');
      return replace('condition false', condition.start, condition.end, 'false');
    }
    case 'WhileStatement':
    case 'ForStatement': {
      const condition = extentOf(childOf(node, 'condition'));
      return replace('condition false', condition.start, condition.end, 'false');
    }
    case 'ModifierInvocation':
      if (node['kind'] === 'modifierInvocation') replace('modifier removed', start, end, '');
      return;
    case 'Literal':
      return mutateLiteral(node, text(start, end), replace);
  }
}

function mutateBinary(node: Node, text: (start: number, end: number) => string, replace: Replace): void {
  const left = childOf(node, 'leftExpression');
  const right = childOf(node, 'rightExpression');
  if (node['operator'] !== '&&' && node['operator'] !== '||') return swapOperator(left, right, node, text, replace);
  const { start, end } = extentOf(node);
  for (const operand of [left, right]) {
    replace('operand dropped', start, end, text(extentOf(operand).start, extentOf(operand).end));
  }
}

function swapOperator(
  left: Node,
  right: Node,
  node: Node,
  text: (start: number, end: number) => string,
  replace: Replace,
): void {
  const operator = String(node['operator']);
  const from = extentOf(left).end;
  const at = text(from, extentOf(right).start).indexOf(operator);
  if (at < 0) return;
  for (const swapped of SWAPPED[operator] ?? []) {
    replace('operator swapped', from + at, from + at + operator.length, swapped);
  }
}

function mutateUnary(node: Node, text: (start: number, end: number) => string, replace: Replace): void {
  const { start, end } = extentOf(node);
  const operator = String(node['operator']);
  if (operator === '!' || operator === '~') return replace('negation removed', start, start + 1, '');
  if (operator !== '++' && operator !== '--') return;
  const at = text(start, end).indexOf(operator);
  replace('operator swapped', start + at, start + at + 2, operator === '++' ? '--' : '++');
}

function mutateLiteral(node: Node, literal: string, replace: Replace): void {
  const { start, end } = extentOf(node);
  if (node['kind'] === 'bool') return replace('constant swapped', start, end, literal === 'true' ? 'false' : 'true');
  if (node['kind'] === 'string' && literal !== '""') return replace('text emptied', start, end, '""');
  if (node['kind'] === 'number')
    mutateNumber(literal.split(' ')[0]!, start, start + literal.split(' ')[0]!.length, replace);
}

/** The constants of a list of declarations that may stand for each other, by id: those of one type. */
export function siblingConstants(declarations: readonly Node[]): ReadonlyMap<number, string> {
  const constants = declarations.filter((node) => node.nodeType === 'VariableDeclaration' && node['constant'] === true);
  const typeOf = (node: Node): string => {
    const type = node['typeDescriptions'];
    return String((type as { typeString?: string } | undefined)?.typeString);
  };
  return new Map(
    constants.flatMap((node): [number, string][] => {
      const alike = constants.filter((other) => typeOf(other) === typeOf(node));
      const next = alike[(alike.indexOf(node) + 1) % alike.length]!;
      return next === node ? [] : [[Number(node['id']), String(next['name'])]];
    }),
  );
}

/** Declarations of a file and of its contracts. */
export function declarationsOf(tree: Node): { readonly owner: string; readonly nodes: readonly Node[] }[] {
  const nodes = childrenOf(tree);
  const contracts = nodes.filter((node) => node.nodeType === 'ContractDefinition');
  return [
    { owner: '', nodes: nodes.filter((node) => node.nodeType !== 'ContractDefinition') },
    ...contracts.map((contract) => ({ owner: String(contract['name']), nodes: childrenOf(contract).filter(isNode) })),
  ];
}
