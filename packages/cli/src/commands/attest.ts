import { attestationLabels, labelOf, methodLabels, verdictOutcomes, type Attestation } from '@kedge/core';
import type { AttestParameters, AttestReturn, GiveVerdictParameters } from '@kedge/sdk';
import type { Role } from '../accounts/roles.js';
import { connect, type Connection } from '../chain/connect.js';
import { momentNow } from '../chain/momentNow.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { storeStatement, type StoredStatement } from '../chain/statement.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanMoment } from '../human.js';
import { keccak256 } from '../keccak256.js';
import {
  argument,
  parseAttestationId,
  parseChoice,
  parseInteger,
  parseMoment,
  parsedOption,
  textOption,
} from '../parse.js';
import { usageError } from '../usageError.js';

export const expiresOption = {
  flags: '--expires <time>',
  summary: 'last moment at which it counts (30d, 2027-01-31); without it for ever',
};
export const uriOption = {
  flags: '--uri <uri>',
  summary: 'where the statement is; without it the content store of the data folder',
};

export const attest: Command = {
  name: 'attest',
  summary: 'state something about a class or token, or give a verdict on what somebody stated',
  description:
    'Puts a typed statement on record: who states what about which class or token, until when, and the hash of the ' +
    'statement, which goes into the content store and not on the chain. With --verdict it says instead what you, as a ' +
    'verifier, found of an attestation, and how; it replaces your earlier verdict. Nothing becomes verified by itself: ' +
    'readers name the verifiers they trust.',
  arguments: [{ name: 'file', summary: 'the statement; of a verdict, the report' }],
  options: [
    { flags: '--class <classId>', summary: 'the class that it is about' },
    { flags: '--token <tokenId>', summary: 'the token that it is about' },
    {
      flags: '--type <label>',
      summary: `what kind of statement it is: ${attestationLabels.slice(0, 5).join(', ')}, or another word`,
    },
    { flags: '--verdict <id>', summary: 'give a verdict on this attestation' },
    { flags: '--outcome <outcome>', summary: `of a verdict: ${verdictOutcomes.join(', ')}` },
    {
      flags: '--method <label>',
      summary: `how the verdict was reached: ${methodLabels.slice(0, 4).join(', ')}, or another word`,
    },
    expiresOption,
    { flags: '--number <version>', summary: 'its version; without it 1, and of a verdict the next of yours' },
    uriOption,
    ...accountOptions,
  ],
  examples: [
    { command: 'kedge attest licence.txt --class 1 --type licence', summary: 'your statement about class 1' },
    {
      command: 'kedge attest report.txt --verdict 0x5d…a1 --outcome confirmed --method document_review',
      summary: 'what you found of it, as a verifier',
    },
  ],
  run: async (context) => {
    const file = argument(context, 0);
    const wanted = wantedOf(context);
    const connection = await connect(context);
    const { signer, write } = await resolveWriter(context, connection, await usualSigner(connection, wanted));
    const { statement, terms } = await readStatement(context, connection, file);
    const added = await write('add the attestation', (client) =>
      'attestationId' in wanted ? client.giveVerdict({ ...terms, ...wanted }) : client.attest({ ...terms, ...wanted }),
    );
    show(context, { added, statement, label: signer.label, kind: 'type' in wanted ? wanted.type : 'verdict' });
  },
};

type Wanted =
  | Pick<GiveVerdictParameters, 'attestationId' | 'outcome' | 'method'>
  | ({ readonly type: string } & ({ readonly classId: bigint } | { readonly tokenId: bigint }));

function wantedOf(context: Context): Wanted {
  const [classText, tokenText, type] = [
    textOption(context, 'class'),
    textOption(context, 'token'),
    textOption(context, 'type'),
  ];
  const [verdict, outcome, method] = [
    textOption(context, 'verdict'),
    textOption(context, 'outcome'),
    textOption(context, 'method'),
  ];
  if (verdict !== undefined) {
    if (classText !== undefined || tokenText !== undefined || type !== undefined) {
      throw usageError('A verdict is about what its attestation is about: leave --class, --token and --type out.');
    }
    if (outcome === undefined || method === undefined) throw usageError('A verdict needs --outcome and --method.');
    return {
      attestationId: parseAttestationId(verdict, '--verdict'),
      outcome: parseChoice(outcome, verdictOutcomes, '--outcome'),
      method,
    };
  }
  if (outcome !== undefined || method !== undefined) throw usageError('--outcome and --method need --verdict.');
  requireType(type, 'licence', 'For a verdict pass --verdict.');
  const subject = parseSubject(classText, tokenText);
  return { type, ...subject };
}

/** Stores the statement, and reads what every statement has beside it. */
export async function readStatement(
  context: Context,
  { client, dataDir }: Connection,
  file: string,
): Promise<{ statement: StoredStatement; terms: Pick<AttestParameters, Common> }> {
  const now = await momentNow(client.publicClient);
  const statement = await storeStatement({ cwd: context.cwd, dataDir }, file, textOption(context, 'uri'));
  const expireAt = parsedOption(context, 'expires', (text, flag) => parseMoment(text, now, flag));
  const version = parsedOption(context, 'number', parseInteger);
  const terms = {
    statementHash: statement.statementHash,
    uri: statement.uri,
    ...(expireAt === undefined ? {} : { expireAt }),
    ...(version === undefined ? {} : { version: Number(version) }),
  };
  return { statement, terms };
}

type Common = 'statementHash' | 'uri' | 'expireAt' | 'version';

/** The one class or token that was named. */
export function parseSubject(classText: string | undefined, tokenText: string | undefined) {
  if ((classText === undefined) === (tokenText === undefined)) throw usageError('Pass one of --class and --token.');
  return classText === undefined
    ? { tokenId: parseInteger(tokenText!, '--token') }
    : { classId: parseInteger(classText, '--class') };
}

/** A type that is none of verdicts. */
export function requireType(type: string | undefined, example: string, hint: string): asserts type is string {
  if (type !== undefined && type !== 'verdict') return;
  throw usageError(`--type must say what kind of statement it is, such as ${example}.`, hint);
}

/** Who would usually say it: the issuer of a class, the holder of a token; a verdict, somebody else than both. */
async function usualSigner({ client }: Connection, wanted: Wanted): Promise<Role | `0x${string}`> {
  if ('attestationId' in wanted) return 'deployer';
  if ('classId' in wanted) return (await client.getClass({ classId: wanted.classId })).issuer;
  return (await client.getToken({ tokenId: wanted.tokenId })).holder;
}

function show(
  context: Context,
  shown: { added: AttestReturn; statement: StoredStatement; label: string; kind: AttestParameters['type'] },
): void {
  const { added, statement, label, kind } = shown;
  const { id, attestation, transactionHash } = added;
  noteUnknown(context, attestation, kind);
  context.output.result({ id, ...attestation, transactionHash }, () => [
    `${kind} about ${subjectText(attestation)}: ${attestation.verdict?.outcome ?? 'stated'}`,
    `  id         ${id}`,
    `  statement  ${statement.bytes} bytes, keccak-256 ${statement.statementHash}`,
    `  at         ${statement.uri}`,
    `  expires    ${humanMoment(attestation.expireAt)}`,
    `  signed by  ${label}`,
    attestation.verdict === undefined
      ? `next, as a verifier: kedge attest <report> --verdict ${id} --outcome confirmed --method document_review`
      : 'it counts for those who trust this verifier',
  ]);
}

/** On chain a word is its hash, which no list turns back: a slip such as "license" is better known at once. */
function noteUnknown(context: Context, { attestationType, verdict }: Attestation, kind: string): void {
  const [hash, what, word, known] =
    verdict === undefined
      ? [attestationType, '--type', kind, attestationLabels]
      : [verdict.method, '--method', textOption(context, 'method'), methodLabels];
  if (labelOf(hash, keccak256) !== undefined) return;
  context.output.note(
    `${what} "${word}" is none of the words that lists know, and is shown by its hash: ${known.join(', ')}`,
  );
}

/** `class 1`, `token 18446744077839630337`. */
export function subjectText({ subjectKind, subjectId }: Pick<Attestation, 'subjectKind' | 'subjectId'>): string {
  return `${subjectKind} ${subjectId}`;
}
