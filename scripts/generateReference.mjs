// Writes docs/reference/commands.gen.md from the commands' own data, gateway-config.gen.md from the schema that the gateway
// reads its configuration with, and API.gen.md of the SDK and of core from their declarations; with --check, only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { commonOptions, summaryOf } from '../packages/cli/dist/command.js';
import { commandTable } from '../packages/cli/dist/commandTable.js';
import { gatewayConfigSchema } from '../packages/gateway/dist/gatewayConfig.js';
import { coreText, sdkText } from './apiReference.mjs';

function optionLines(options) {
  return options.map(
    (option) =>
      `- \`${option.flags}\`: ${summaryOf(option)}${option.default === undefined ? '' : ` (default ${option.default})`}`,
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

async function commandsText() {
  const commands = await Promise.all(commandTable.map(({ load }) => load()));
  return [
    '# Commands',
    'Generated from the command line itself; `kedge <command> --help` says the same. Every command also takes:',
    optionLines(commonOptions).join('\n'),
    '## Output and exit codes',
    'Results go to stdout, all the rest to stderr. With `--json` stdout holds one JSON document, and every line on stderr is one ' +
      'JSON object: `{"error":{"message",…}}` with `kind`, `code`, `values` and `hints` comes last when the command fails, ' +
      '`{"note":"…"}` is what the reader should know, and a service that runs here adds the lines of its log. What it waits for ' +
      'and how far it is are then shown on a terminal only. It asks nothing where stdin is no terminal.',
    'Exit codes: 0 done, 1 the user can mend it, 2 wrong usage, 3 try again later, 70 a bug. Where a command means something else by ' +
      'one of them, as `kedge audit` does, it says so.',
    ...commands.map(section),
  ].join('\n\n');
}

/** What of a field's type is not said by its name and description. */
function kindOf(schema) {
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(' or ');
  if (schema.const !== undefined) return `\`${schema.const}\``;
  if (schema.type === 'integer') return 'integer';
  if (schema.type === 'array') return 'list';
  if (schema.type === 'object') return 'object';
  if (schema.type === 'boolean') return '`true` or `false`';
  if (schema.format === 'uri') return 'URL';
  return schema.type ?? 'address';
}

function fieldRows({ properties, required = [] }, prefix = '') {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const value =
      schema.default === undefined || schema.type === 'object' ? '' : `\`${JSON.stringify(schema.default)}\``;
    const need = required.includes(name) ? 'needed' : value;
    const row = `| \`${prefix}${name}\` | ${kindOf(schema)} | ${need} | ${schema.description ?? ''} |`;
    const inner = schema.type === 'array' ? schema.items : schema;
    const dots = schema.type === 'array' ? '[].' : '.';
    return [row, ...(inner.properties === undefined ? [] : fieldRows(inner, `${prefix}${name}${dots}`))];
  });
}

function gatewayConfigText() {
  const schema = z.toJSONSchema(gatewayConfigSchema, { io: 'input', unrepresentable: 'any' });
  return [
    "# The gateway's configuration",
    'Generated from the schema that the gateway reads it with. One JSON file, named with `kedge gateway --config`; times are in ' +
      'milliseconds where the name ends in `Ms`. An unknown field is refused by name. Secrets are not in it: it names the ' +
      'environment variable or the file that has them.',
    ['| Field | Type | Default | What |', '| --- | --- | --- | --- |', ...fieldRows(schema)].join('\n'),
  ].join('\n\n');
}

const outputs = {
  'docs/reference/commands.gen.md': await commandsText(),
  'docs/reference/gateway-config.gen.md': gatewayConfigText(),
  'packages/sdk/API.gen.md': sdkText(),
  'packages/core/API.gen.md': coreText(),
};
for (const [name, written] of Object.entries(outputs)) {
  const url = new URL(`../${name}`, import.meta.url);
  const text = `${written.trimEnd()}\n`;
  let current = '';
  try {
    current = readFileSync(url, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (current === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`${name} is not what the code says: run npm run fix and commit it`);
    process.exitCode = 1;
  } else {
    writeFileSync(url, text);
    console.log(`wrote ${name}`);
  }
}
