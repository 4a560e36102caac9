// The examples in doc comments and in the docs, under the compiler. They may name what their own package and those that every
// reader uses export, and what stands in `exampleNames.ts`.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const folder = '.kedge/examples';
const shared = ['core', 'sdk', 'store'];

rmSync(folder, { recursive: true, force: true });
// The first of the two folders is where `kedge up` keeps keys.
mkdirSync(folder, { recursive: true, mode: 0o700 });
writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: '../../tsconfig.test.json',
    compilerOptions: { rootDir: '../..', allowImportingTsExtensions: true, noUnusedLocals: false },
    include: ['.', '../../scripts/exampleNames.ts', '../../packages/*/src/**/*.d.ts'],
    exclude: [],
  }),
);
const examples = [
  ...filesIn('packages', /^packages\/[^/]+\/src\/.*\.tsx?$/).flatMap((file) =>
    examplesIn(file).map((code) => ({ file, code })),
  ),
  ...filesIn('docs', /\.md$/).flatMap(pageOf),
];
for (const [index, { file, code }] of examples.entries()) {
  const name = `${file.replaceAll('/', '.').replace(/\.\w+$/, '')}.${index}.ts`;
  writeFileSync(`${folder}/${name}`, `${importsFor(file, code).join('\n')}\n${code}\nexport {};\n`);
}
const { status, stdout } = spawnSync(process.execPath, ['node_modules/typescript/bin/tsc', '--project', folder], {
  encoding: 'utf8',
});
console.log(`${stdout}${examples.length} examples`);
process.exitCode = examples.length === 0 ? 1 : (status ?? 1);

function filesIn(root, pattern) {
  return readdirSync(root, { recursive: true })
    .map((file) => path.posix.join(root, file))
    .filter((file) => pattern.test(file));
}

/** The code of each `@example`, which ends with its comment or with the next tag. */
function examplesIn(file) {
  return [...readFileSync(file, 'utf8').matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(([comment]) => {
    const lines = comment.slice(3, -2).split('\n');
    const text = lines.map((line) => line.replace(/^\s*\* ?/, '')).join('\n');
    return [...text.matchAll(/^@example([\s\S]*?)(?=^@|$(?![\s\S]))/gm)].map(([, code]) => code.trim());
  });
}

/** The JavaScript of a page is one program, block after block. */
function pageOf(file) {
  const blocks = [...readFileSync(file, 'utf8').matchAll(/^```(?:js|ts)\n([\s\S]*?)^```/gm)].map(([, code]) => code);
  return blocks.length === 0 ? [] : [{ file, code: blocks.join('\n') }];
}

/** What an example uses and does not make itself: from its own file first, then from its package, then from the shared ones. */
function importsFor(file, code) {
  const index = `packages/${file.split('/')[1]}/src/index.ts`;
  const made = new Set(
    [...code.matchAll(/\b(?:const|import) (?:\{([^}]*)\}|(\w+))/g)].flatMap(([, list, one]) =>
      list === undefined ? [one] : list.split(',').map((item) => item.split(':').at(-1).trim()),
    ),
  );
  const wanted = new Set(code.match(/\b[A-Za-z]\w*\b/g)?.filter((name) => !made.has(name)));
  const places = [
    ...(file.endsWith('.md') ? [] : [[`../../${file}`, file]]),
    ...(existsSync(index) ? [[`../../${index}`, index]] : []),
    ...shared.map((name) => [`@kedge/${name}`, `packages/${name}/src/index.ts`]),
  ];
  return places.flatMap(([from, place]) => {
    const names = exportsOf(place).filter((name) => wanted.delete(name));
    return names.length === 0 ? [] : [`import { ${names.join(', ')} } from '${from}';`];
  });
}

function exportsOf(file) {
  const text = readFileSync(file, 'utf8');
  const declared = [...text.matchAll(/^export (?:async )?(?:function\*?|const|class) (\w+)/gm)].map(([, name]) => name);
  const listed = [...text.matchAll(/^export \{([^}]*)\}/gm)].flatMap(([, list]) =>
    list
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '' && !item.startsWith('type ')),
  );
  return [...declared, ...listed];
}
