// The pages of `@kedge/sdk` and `@kedge/core`, from the declarations that their users compile against.
import { readdirSync, readFileSync } from 'node:fs';
import * as core from '../packages/core/dist/index.js';
import * as sdk from '../packages/sdk/dist/index.js';

const howItReads =
  'Amounts are integers of the smallest units, ids are `bigint`, times are Unix seconds where nothing else is said. What the ' +
  'examples take for given is what its name says; all of them are compiled.';

/** Docs, examples and declarations of every function that `@kedge/sdk` exports, as Markdown. */
export function sdkText() {
  const functions = exportedFunctions('sdk', sdk);
  const named = (names) => functions.filter(({ name }) => names.includes(name));
  const client = { publicClient: {}, walletClient: { account: {} }, deployment: {} };
  const [reading, writing] = [sdk.publicActions(client), sdk.walletActions(client)].map(Object.keys);
  const others = functions.filter(({ name }) => !reading.includes(name) && !writing.includes(name));
  const text = [
    '# The SDK',
    'Generated from the declarations of `@kedge/sdk`; [integrators](../../docs/guides/integrators.md) says how it is used, and ' +
      '[`@kedge/core`](../core/API.gen.md) has the formats. A client of `createKedgeClient` has the actions as methods, which ' +
      `are called without their first argument. ${howItReads}`,
    '## Clients and tools',
    ...others.map((each) =>
      each.name === 'createIndexerClient' ? `${section(each)}\n\n${indexerMethods()}` : section(each),
    ),
    '## Reading actions',
    ...named(reading).map(section),
    '## Writing actions',
    'Each simulates first, so that what the contracts refuse costs nothing, sends, and waits for its receipt.',
    ...named(writing).map(section),
  ].join('\n\n');
  const other = { page: '../core/API.gen.md', text: coreText() };
  return linked(withTypes(['sdk', 'core'], text, other.text), other);
}

/** What a client of the indexer is asked with: methods are made from data, which no declaration lists. */
function indexerMethods() {
  const rows = Object.entries(core.indexerRoutes).map(([name, { path, summary, params, query }]) => {
    const optional = Object.keys(query?.shape ?? {}).filter((field) => field !== 'format');
    const takes = [...Object.keys(params?.shape ?? {}), ...optional.map((field) => `${field}?`)];
    return `| \`${name}\` | \`${path}\` | ${takes.map((field) => `\`${field}\``).join(', ')} | ${summary} |`;
  });
  return ['| Method | Route | Takes | Answers with |', '| --- | --- | --- | --- |', ...rows].join('\n');
}

/** The same of `@kedge/core`. */
export function coreText() {
  const text = [
    '# The formats',
    'Generated from the declarations of `@kedge/core`, which has no time, randomness, network or environment of its own, and runs ' +
      'in browsers: hashes, where they are needed, come in as functions from bytes to bytes: of viem ' +
      "`(bytes) => keccak256(bytes, 'bytes')`, whose `keccak256` alone answers with hex, and `sha256` likewise. " +
      `[Integrators](../../docs/guides/integrators.md) says how it is used. ${howItReads}`,
    '## Functions',
    ...exportedFunctions('core', core).map(section),
  ].join('\n\n');
  return linked(withTypes(['core'], text));
}

/** In the order of the alphabet, each with its docs and what stands beside it in its file. */
function exportedFunctions(packageName, exported) {
  const dist = new URL(`../packages/${packageName}/dist/`, import.meta.url);
  const index = readFileSync(new URL('index.d.ts', dist), 'utf8');
  const files = [...index.matchAll(/from '\.\/([^']+)\.js'/g)].map(([, file]) => file);
  const all = files.flatMap((file) => {
    const text = readFileSync(new URL(`${file}.d.ts`, dist), 'utf8');
    const found = [...text.matchAll(/\/\*\*((?:(?!\*\/)[\s\S])*)\*\/\nexport declare (?:function|class) (\w+)/g)];
    return found.map(([, comment, name], position) => ({
      name,
      comment: plainComment(comment),
      declarations: declarationsIn(text, position === 0, name),
    }));
  });
  for (const [name, value] of Object.entries(exported)) {
    const isKnown = typeof value !== 'function' || all.some((each) => each.name === name);
    if (!isKnown)
      throw new Error(`${name} of @kedge/${packageName} has no docs: write what it does above its declaration`);
  }
  return all.filter(({ name }) => name in exported).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

const plainComment = (comment) => comment.replaceAll(/^ \* ?/gm, '').trim();

/** The function as it is called and, with the first of a file, the file's types. */
function declarationsIn(text, isFirst, name) {
  const statements = statementsOf(text);
  const types = isFirst ? statements.filter((statement) => typeName(statement) !== undefined) : [];
  const start = new RegExp(`^export declare (?:function|class) ${name}\\b`, 'm');
  const head = statements.find((statement) => start.test(statement));
  return [...types, head.slice(head.search(start))].map(plainDeclaration).join('\n');
}

const statementsOf = (text) => text.split(/(?<!\*\/)\n(?=(?:\/\*\*|import |export |declare ))/);

const typeName = (statement) => /^(?:export )?(?:declare )?type (\w+)[ <]/m.exec(statement)?.[1];

const plainDeclaration = (statement) =>
  statement
    .replaceAll(/^(?:export )?(?:declare )?/gm, '')
    .trim()
    .replaceAll(/^(?: {4})+/gm, (indent) => indent.slice(indent.length / 2));

/** The page with the types that its declarations name and neither page shows, and those that these name. */
function withTypes(packageNames, text, otherPage = '') {
  const statements = packageNames.flatMap(declarationFiles).flatMap((file) => statementsOf(readFileSync(file, 'utf8')));
  const known = new Map(statements.map((statement) => [typeName(statement), statement]));
  const isShown = (name) => new RegExp(`^(?:type|class) ${name}\\b`, 'm').test(text + otherPage);
  const added = new Map();
  const add = (declarations) => {
    const code = declarations.replaceAll(/\/\*\*[\s\S]*?\*\/|'[^'\n]*'/g, '');
    for (const [name] of code.matchAll(/(?<![\w.])[A-Z]\w+/g)) {
      if (added.has(name) || !known.has(name) || isShown(name)) continue;
      const [, comment = '', declaration] = /^(?:\/\*\*([\s\S]*?)\*\/\n)?([\s\S]*)$/.exec(known.get(name));
      added.set(name, { name, comment: plainComment(comment), declarations: plainDeclaration(declaration) });
      add(declaration);
    }
  };
  for (const [, block] of text.matchAll(/```ts\n((?:\/\*\*|type|function|class|const)[\s\S]*?)```/g)) add(block);
  const sections = [...added.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(section);
  return [text, '## Types', 'What the declarations above name.', ...sections].join('\n\n');
}

function declarationFiles(packageName) {
  const dist = new URL(`../packages/${packageName}/dist/`, import.meta.url);
  const files = readdirSync(dist, { recursive: true }).filter((file) => /(?<!\.gen)\.d\.ts$/.test(file));
  return files.map((file) => new URL(file, dist));
}

/** Links to what has a heading, here or on the other page; the rest is named only. */
function linked(text, other = { page: '', text: '' }) {
  const hasHeading = (page, name) => new RegExp(`^### ${name}$`, 'm').test(page);
  const blocks = text.split(/^(```ts\n[\s\S]*?^```)/m);
  const link = (name) => {
    const page = hasHeading(text, name) ? '' : other.page;
    const isLinked = hasHeading(text, name) || hasHeading(other.text, name);
    return isLinked ? `[${name}](${page}#${name.toLowerCase()})` : `\`${name}\``;
  };
  return blocks
    .map((block) => block.replaceAll(/\{@link (\w+)\}/g, (_, name) => (block.startsWith('```') ? name : link(name))))
    .join('');
}

function section({ name, comment, declarations }) {
  const [about, ...tags] = comment.split(/^(?=@)/m);
  const textOf = (tag) => tags.filter((text) => text.startsWith(tag)).map((text) => text.slice(tag.length).trim());
  const onOneLine = (text) => text.replaceAll(/\n(?!\n)/g, ' ').replaceAll(/ {2,}/g, '\n\n');
  return [
    `### ${name}`,
    about.trim().split('\n\n').map(onOneLine).join('\n\n'),
    textOf('@param')
      .map((text) => `- ${onOneLine(text).replace(/^(\w+)(?: -)? /, '`$1`: ')}`)
      .join('\n'),
    ...textOf('@throws').map((text) => `Throws ${onOneLine(text)}`),
    ...textOf('@example').map((code) => `\`\`\`ts\n${code}\n\`\`\``),
    `\`\`\`ts\n${declarations}\n\`\`\``,
  ]
    .filter(Boolean)
    .join('\n\n');
}
