import type { Context } from './context.js';

/** A positional argument. A variadic one comes last and takes all that is left. */
export type Argument = {
  readonly name: string;
  readonly summary: string;
  readonly optional?: true;
  readonly variadic?: true;
};

/** An option, in commander's notation: `--name <value>`, `--flag`, `--no-flag`. */
export type Option = {
  readonly flags: string;
  readonly summary: string;
  readonly default?: string;
  /** May be given several times; its value is then a list. */
  readonly repeatable?: true;
};

/** What is said of an option, in `--help` and in the reference. */
export const summaryOf = ({ summary, repeatable }: Option): string =>
  repeatable ? `${summary}; may be given several times` : summary;

/** An invocation that works as written, for `--help` and for the docs. */
export type Example = { readonly command: string; readonly summary: string };

/** A command is data: `program.ts` binds it to the argument parser, tests and docs iterate it. */
export type Command = {
  /** As typed, with a space in a grouped one: `deploy`, `channel open`. */
  readonly name: string;
  readonly summary: string;
  readonly description: string;
  readonly arguments: readonly Argument[];
  /** `--json` and `--data-dir` are on every command and are not repeated here. */
  readonly options: readonly Option[];
  readonly examples: readonly Example[];
  /** Resolves to an exit code when it is not 0. Failures are thrown as `BaseError`. */
  readonly run: (context: Context) => Promise<number | void>;
};

/** The options, by name, that say on what a command works, and as whom. */
export type TargetOption = 'rpc' | 'contracts' | 'account' | 'dataDir';

/** A row of the command table: enough for `kedge --help`, and how to get the rest when it is needed. */
export type CommandEntry = {
  readonly name: string;
  readonly summary: string;
  /** Those that it has a use for: where it is proposed, it is with those that were given. */
  readonly takes: readonly TargetOption[];
  readonly load: () => Promise<Command>;
};

/** The options that every command takes. */
export const commonOptions: readonly Option[] = [
  { flags: '--json', summary: 'print one JSON document on stdout; integers beyond 2^53 as decimal strings' },
  { flags: '--data-dir <dir>', summary: 'data folder; without it the nearest .kedge here or above' },
];

/** The options of a command that reads the chain. */
export const chainOptions: readonly Option[] = [
  { flags: '--rpc <url>', summary: 'JSON-RPC of the chain; without it the local stack in .kedge/up.json' },
  {
    flags: '--contracts <file>',
    summary: 'JSON that `kedge deploy --json` printed, or Name=0xaddress,… ; without it those of .kedge/up.json',
  },
];

/** Of a command that reads the policy which value was made under. */
export const policyOption: Option = {
  flags: '--policy <file>',
  summary: 'the policy of the value, where the content store does not have it',
};

/** The options of a command that signs transactions. */
export const accountOptions: readonly Option[] = [
  ...chainOptions,
  {
    flags: '--account <name>',
    summary:
      'who signs: a name with KEDGE_<NAME>_PRIVATE_KEY in the environment or a file in the keystore; else, on the local ' +
      'chain, a role (deployer, contributor, operator, consumer)',
  },
];
