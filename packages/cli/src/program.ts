import { Command as Program, CommanderError, Option as ProgramOption } from 'commander';
import { commonOptions, summaryOf, type Command, type CommandEntry, type Option } from './command.js';
import { commandTable, groupSummaries } from './commandTable.js';
import type { Context, OptionValue } from './context.js';
import { createOutput, exitCodes, usageCode, userProblem, type Output, type Sink } from './output.js';
import type { runForeground } from './up/runForeground.js';

/** What the process gives to the program. */
export type ProgramInput = {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly version: string;
  /** What is typed for `kedge` in what it proposes, where that is not to be found out. */
  readonly typed?: string;
  /** What runs other programs, where it is not {@link runForeground}. */
  readonly runForeground?: typeof runForeground;
};

/**
 * Runs one invocation of `kedge` and answers with its exit code. Only the module of the command that is asked for is
 * loaded: `kedge --help` loads none.
 */
export async function runProgram(input: ProgramInput): Promise<number> {
  const argv = normalized(input.argv);
  const wanted = entriesFor(argv);
  const loaded = new Map<string, Command>();
  for (const entry of wanted) loaded.set(entry.name, await entry.load());

  const isJson = isForPrograms(argv);
  let exitCode: number = exitCodes.ok;
  const program = new Program('kedge')
    .description('Anchor datasets, models and agents on a chain, meter their use, pay everyone upstream.')
    .version(input.version, '-V, --version')
    .helpCommand(false)
    // An option after `anchor verify` is that command's, though `anchor` knows it, too.
    .enablePositionalOptions()
    .addHelpText('after', '\nExample:\n  $ kedge up\n\nRun kedge <command> --help for its options and an example.');
  const groups = new Map<string, Program>();
  for (const entry of commandTable) {
    const path = entry.name.split(' ');
    const leaf = path.at(-1)!;
    const group = path.length === 1 ? program : groupOf(program, groups, path[0]!);
    const command = group.command(leaf).description(entry.summary);
    if (path.length === 1) groups.set(leaf, command);
    const definition = loaded.get(entry.name);
    if (definition === undefined) continue;
    bind(command, definition, async (...given) => void (exitCode = await execute(definition, input, ...given)));
  }
  forEachCommand(program, (command) => {
    command.exitOverride().configureOutput({
      writeOut: (text) => void input.stdout.write(text),
      // With --json the error follows as JSON, below.
      writeErr: (text) => (isJson ? undefined : void input.stderr.write(text)),
    });
    command.showHelpAfterError(`  -> run ${fullName(command)} --help for its options and an example`);
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return exitCodes.ok;
    return isJson ? outputFor(input).error(usageProblem(problemText(error))) : exitCodes.usage;
  }
  return exitCode;
}

/** `kedge help deploy` is `kedge deploy --help`; `kedge` alone is `kedge --help`. Help on what is no command is an error. */
function normalized(argv: readonly string[]): readonly string[] {
  const asked = argv[0] === 'help' ? [...argv.slice(1), '--help'] : argv;
  const [first = '--help'] = asked;
  const isKnown = first.startsWith('-') || commandTable.some(({ name }) => name.split(' ')[0] === first);
  return isKnown ? [first, ...asked.slice(1)] : asked.filter((word) => word !== '--help' && word !== '-h');
}

/** What commander says, without what it puts before. A group without a command has no message of its own. */
function problemText({ code, message }: CommanderError): string {
  return code === 'commander.help' ? 'One of its commands must follow.' : message.replace(/^error: /, '');
}

function usageProblem(shortMessage: string): Error {
  return userProblem(shortMessage, { code: usageCode, hints: ['Run it with --help for its options and an example.'] });
}

const isForPrograms = (argv: readonly string[]): boolean => argv.includes('--json');

/** The output of one invocation. */
export function outputFor(
  { argv, stdout, stderr, environment }: ProgramInput,
  json: boolean = isForPrograms(argv),
  completed?: (line: string) => string,
): Output {
  return createOutput({
    json,
    stdout,
    stderr,
    ...(completed === undefined ? {} : { completed }),
    plain: (environment['NO_COLOR'] ?? '') !== '',
    debug: (environment['KEDGE_DEBUG'] ?? '') !== '',
  });
}

function entriesFor(argv: readonly string[]): CommandEntry[] {
  const [first, second] = argv;
  return commandTable.filter(({ name }) => name === first || name === `${first} ${second}`);
}

function groupOf(program: Program, groups: Map<string, Program>, name: string): Program {
  const known = groups.get(name);
  if (known !== undefined) return known;
  const group = program
    .command(name)
    .description(groupSummaries[name] ?? '')
    .helpCommand(false);
  groups.set(name, group);
  return group;
}

type Given = [args: readonly string[], options: Readonly<Record<string, OptionValue>>];

/** Makes the argument parser read what a command takes, and `run` get it. */
export function bind(command: Program, definition: Command, run: (...given: Given) => Promise<void>): void {
  command.description(definition.description);
  for (const argument of definition.arguments) {
    const name = argument.variadic ? `${argument.name}...` : argument.name;
    command.argument(argument.optional ? `[${name}]` : `<${name}>`, argument.summary);
  }
  for (const option of [...definition.options, ...commonOptions]) command.addOption(toProgramOption(option));
  const examples = definition.examples.map(({ command: line, summary }) => `  # ${summary}\n  $ ${line}`);
  command.addHelpText('after', `\n${examples.length > 1 ? 'Examples' : 'Example'}:\n${examples.join('\n')}`);
  command.action(() => run(command.args, command.opts<Record<string, OptionValue>>()));
}

function toProgramOption(option: Option): ProgramOption {
  const bound = new ProgramOption(option.flags, summaryOf(option));
  // Its second is how it is shown, which would be quoted.
  if (option.default !== undefined) bound.default(option.default, option.default);
  if (option.repeatable) {
    bound.argParser((value: string, previous: readonly string[] = []) => [...previous, value]);
  }
  return bound;
}

async function execute(definition: Command, input: ProgramInput, ...[args, options]: Given): Promise<number> {
  const { completeProposal } = await import('./proposal.js');
  const { kedgeCommand } = await import('./kedgeCommand.js');
  const typed = (): string => input.typed ?? kedgeCommand(input);
  const output = outputFor(input, options['json'] === true, (line) => completeProposal(line, options, typed));
  const empty = emptyOf(definition, args, options);
  // A variable of a shell script that is unset. As a path it would be the working folder.
  if (empty !== undefined) return output.error(usageProblem(`${empty} is empty.`));
  const context: Context = {
    cwd: input.cwd,
    environment: input.environment,
    stdin: input.stdin,
    arguments: args,
    options,
    output,
    runForeground: async (...asked) => {
      const run = input.runForeground ?? (await import('./up/runForeground.js')).runForeground;
      return run({ cwd: input.cwd, output }, ...asked);
    },
  };
  try {
    return (await definition.run(context)) ?? exitCodes.ok;
  } catch (error) {
    // Loaded only now: it knows viem's errors and the contracts'.
    const { toBaseError } = await import('./toBaseError.js');
    return output.error(toBaseError(error));
  }
}

/** What was given as an empty text, by its name. */
function emptyOf(
  definition: Command,
  args: readonly string[],
  options: Readonly<Record<string, OptionValue>>,
): string | undefined {
  const index = args.indexOf('');
  if (index >= 0) return definition.arguments[Math.min(index, definition.arguments.length - 1)]!.name;
  return [...definition.options, ...commonOptions]
    .map((option) => toProgramOption(option))
    .find((option) => {
      const value = options[option.attributeName()];
      return value === '' || (Array.isArray(value) && value.includes(''));
    })?.long;
}

function fullName(command: Program): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function forEachCommand(command: Program, visit: (command: Program) => void): void {
  visit(command);
  for (const child of command.commands) forEachCommand(child, visit);
}
