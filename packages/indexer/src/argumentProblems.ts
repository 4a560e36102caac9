import { GraphQLError, Kind, parse, valueFromASTUntyped, visit, type DocumentNode } from 'graphql';

/** As Ponder limits documents. */
const maxTokens = 1_000;

const whole = (least: number, most: number) => (value: unknown) =>
  Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
const cursor = { isGood: isCursor, form: 'what endCursor or startCursor of a page said' };

/** What Ponder takes for something else, or fails on without saying why: a limit below -1 for none at all. */
const rules = new Map<string, { readonly isGood: (value: unknown) => boolean; readonly form: string }>([
  ['limit', { isGood: whole(1, 1_000), form: 'a whole number from 1 to 1000' }],
  ['offset', { isGood: whole(0, Number.MAX_SAFE_INTEGER), form: 'a whole number from 0 on' }],
  ['after', cursor],
  ['before', cursor],
  ['orderDirection', { isGood: (value) => value === 'asc' || value === 'desc', form: 'asc or desc' }],
]);

/**
 * The errors of a GraphQL document whose lists are asked for by arguments that make no sense; none of a document that is none,
 * which the server says best itself.
 */
export function argumentProblems(query: string, given: Readonly<Record<string, unknown>> = {}): GraphQLError[] {
  const problems: GraphQLError[] = [];
  const variables: Record<string, unknown> = { ...given };
  const document = documentOf(query);
  if (document === undefined) return [];
  visit(document, {
    VariableDefinition({ variable, defaultValue }) {
      if (defaultValue !== undefined) variables[variable.name.value] ??= valueFromASTUntyped(defaultValue);
    },
    Argument(node) {
      const { name, value } = node;
      const rule = rules.get(name.value);
      const said = value.kind === Kind.ENUM ? value.value : valueFromASTUntyped(value, variables);
      if (rule === undefined || said === undefined || said === null || rule.isGood(said)) return;
      const message = `${name.value} is ${rule.form}, not ${JSON.stringify(said).slice(0, 100)}.`;
      problems.push(new GraphQLError(message, { nodes: node, extensions: { code: 'request_invalid' } }));
    },
  });
  return problems;
}

function documentOf(query: string): DocumentNode | undefined {
  try {
    return parse(query, { maxTokens });
  } catch {
    return undefined;
  }
}

/** Ponder's are JSON in base64: the row's columns, and how to read them. */
function isCursor(value: unknown): boolean {
  try {
    const { json } = JSON.parse(Buffer.from(String(value), 'base64').toString()) as { readonly json?: unknown };
    return typeof json === 'object' && json !== null;
  } catch {
    return false;
  }
}
