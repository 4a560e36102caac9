import { dataDirName } from '../context.js';
import { humanDate, humanUnits, shellWord } from '../human.js';
import { table } from '../output.js';
import { developmentAccount } from '../accounts/developmentAccount.js';
import { roles, type Role } from '../accounts/roles.js';
import { boughtUnits, unitDecimals } from './demoTerms.js';

/** What a step was called and how long it took. */
export type StepTime = { readonly label: string; readonly milliseconds: number };

/** What the screen shows. */
export type UpView = {
  /** As the user would type it. */
  readonly dataDir: string;
  /** What runs `kedge` in the folder where this one was started. */
  readonly command: string;
  readonly gatewayUrl: string;
  readonly apiKey: string;
  readonly rpcUrl: string;
  /** Absent where it was not wanted. */
  readonly indexerUrl: string | undefined;
  /** Absent where the dashboard was not built. */
  readonly dashboardUrl: string | undefined;
  readonly chainId: number;
  readonly models: readonly string[];
  readonly docsClass: { readonly name: string; readonly classId: bigint };
  readonly agentClass: { readonly name: string; readonly classId: bigint };
  readonly deadline: bigint;
  /** From the first step until everything served; some steps overlap. */
  readonly milliseconds: number;
  readonly times: readonly StepTime[];
  /** Said once, below: what is not as one would expect. */
  readonly remarks: readonly string[];
};

/** The one screen of `kedge up`: at most 24 lines of 100 columns, one remark included. */
export function upScreen(view: UpView): string[] {
  const { docsClass, agentClass } = view;
  const model = view.models[0] ?? '';
  const folder = shellWord(view.dataDir);
  const does: Readonly<Record<Role, string>> = {
    deployer: 'deployed the contracts',
    contributor: `share of class ${docsClass.classId}, ${docsClass.name}`,
    operator: `gateway; share of class ${agentClass.classId}`,
    consumer: `bought ${humanUnits(boughtUnits, unitDecimals)} of class ${agentClass.classId}`,
  };
  return [
    `Kedge is up after ${seconds(view.milliseconds)}. Ctrl-C stops it; the next start goes on from here.`,
    '',
    ...table([
      ['dashboard', view.dashboardUrl ?? 'not built: npm run build, then start again'],
      ['gateway', `${view.gatewayUrl}   (model ${model})`],
      ['API key', `${view.apiKey}   (a channel in capped mode, until ${humanDate(view.deadline)})`],
      ['chain', `${view.rpcUrl}   (chain id ${view.chainId}${indexerWords(view)})`],
    ]),
    '',
    'Accounts (development keys, public: worth nothing on any other chain)',
    ...table(
      (Object.keys(roles) as Role[]).map((role) => [role, developmentAccount(role).address, does[role]]),
      '  ',
    ),
    '',
    ...folded(
      'Took',
      view.times.map(({ label, milliseconds }) => `${label} ${seconds(milliseconds)}`),
    ),
    '',
    'Next, in another terminal in this folder',
    `  curl -sD ${folder}/answer.txt ${view.gatewayUrl}/chat/completions \\`,
    "    -H 'content-type: application/json' \\",
    `    -H 'authorization: Bearer ${view.apiKey}' \\`,
    `    -d '{"model":"${model}","messages":[{"role":"user","content":"How are contributors paid?"}]}'`,
    ...nextCommands(view, folder),
    ...view.remarks,
  ];
}

/** With what they are for, unless lines that a terminal of 80 columns breaks come of it. */
function nextCommands({ command, dataDir }: UpView, folder: string): string[] {
  const elsewhere = dataDir === dataDirName ? '' : ` --data-dir ${folder}`;
  const [verify, status, claim] = [`verify ${folder}/answer.txt`, 'status', 'claim'].map(
    (words) => `${command} ${words}${elsewhere}`,
  ) as [string, string, string];
  const explained = table(
    [
      [verify, '# checks the receipt of that call'],
      [status, `# use and revenue; then: ${claim}`],
    ],
    '  ',
  );
  const isReadable = explained.every((line) => line.length <= 80);
  return isReadable ? explained : [verify, status, claim].map((line) => `  ${line}`);
}

/** It reads the chain from its first block, and is not waited for. */
function indexerWords({ indexerUrl }: UpView): string {
  return indexerUrl === undefined ? '' : `; indexer ${indexerUrl}, ready soon`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Items behind a word, in lines of at most 100 columns. */
function folded(word: string, items: readonly string[]): string[] {
  const lines: string[] = [word];
  items.forEach((item, index) => {
    const piece = index === items.length - 1 ? item : `${item},`;
    const last = lines.at(-1)!;
    if (`${last} ${piece}`.length <= 100) lines[lines.length - 1] = `${last} ${piece}`;
    else lines.push(`${' '.repeat(word.length)} ${piece}`);
  });
  return lines;
}
