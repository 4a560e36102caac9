// Writes docs/reference/commands.gen.md from the commands' own data; with --check, only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { commonOptions } from '../packages/cli/dist/command.js';
import { commandTable } from '../packages/cli/dist/commandTable.js';

const url = new URL('../docs/reference/commands.gen.md', import.meta.url);

function optionLines(options) {
  return options.map(
    ({ flags, summary, default: value, repeatable }) =>
      `- \`${flags}\`: ${summary}${value === undefined ? '' : ` (default ${value})`}${repeatable ? '; may be given several times' : ''}`,
  );
}

function section(command) {
  const words = command.arguments.map(({ name, optional, variadic }) => {
    const shown = variadic ? `${name}...` : name;
    return optional ? `[${shown}]` : `<${shown}>`;
  });
  return [
    `## kedge ${command.name}`,
    command.description,
    `\`\`\`\nkedge ${[command.name, ...words].join(' ')}\n\`\`\``,
    ...command.arguments.map(({ name, summary }) => `- \`${name}\`: ${summary}`),
    optionLines(command.options).join('\n'),
    ...command.examples.map(({ summary, command: line }) => `Example, ${summary}:\n\n\`\`\`sh\n${line}\n\`\`\``),
  ]
    .filter(Boolean)
    .join('\n\n');
}

const commands = await Promise.all(commandTable.map(({ load }) => load()));
const text = [
  '# Commands',
  'Generated from the command line itself; `kedge <command> --help` says the same. Every command also takes:',
  optionLines(commonOptions).join('\n'),
  ...commands.map(section),
  '',
].join('\n\n');

let current = '';
try {
  current = readFileSync(url, 'utf8');
} catch (error) {
  if (error.code !== 'ENOENT') throw error;
}
if (current !== text.trimEnd() + '\n') {
  if (process.argv.includes('--check')) {
    console.error('docs/reference/commands.gen.md is not what the commands say: run npm run fix and commit it');
    process.exitCode = 1;
  } else {
    writeFileSync(url, text.trimEnd() + '\n');
    console.log('wrote docs/reference/commands.gen.md');
  }
}
