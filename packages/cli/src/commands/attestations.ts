import { labelOf, type Hex } from '@kedge/core';
import type { AttestationView, VerdictView } from '@kedge/sdk';
import { connect, type Connection } from '../chain/connect.js';
import { chainOptions, type Command } from '../command.js';
import { briefText, humanMoment } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { listOption, parseAddress, parseInteger, parsedOption, textOption } from '../parse.js';
import { usageError } from '../usageError.js';
import { parseSubject, subjectText } from './attest.js';

export const attestations: Command = {
  name: 'attestations',
  summary: 'list what was stated about a class or token, and what verifiers found of it',
  description:
    'Lists the attestations of a class or token, the oldest first, with their newest verdicts, the superseded ones included. Name the verifiers ' +
    'that you trust, and how many of them must confirm: then it says of each attestation whether they do. Without ' +
    '--trust nothing is called verified, because that is for you to decide.',
  arguments: [],
  options: [
    { flags: '--class <classId>', summary: 'the class' },
    { flags: '--token <tokenId>', summary: 'the token' },
    {
      flags: '--trust <address>',
      summary: 'a verifier whose verdict counts for you',
      repeatable: true,
    },
    { flags: '--threshold <number>', summary: 'how many of them must confirm', default: '1' },
    { flags: '--limit <number>', summary: 'at most so many at once, up to 100; without it 20' },
    { flags: '--after <place>', summary: 'those after a page, which names its place at its end' },
    ...chainOptions,
  ],
  examples: [
    { command: 'kedge attestations --class 1', summary: 'everything stated about class 1' },
    {
      command: 'kedge attestations --class 1 --trust 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266',
      summary: 'and whether this verifier confirms it',
    },
  ],
  run: async (context) => {
    const subject = parseSubject(textOption(context, 'class'), textOption(context, 'token'));
    const trust = [...new Set(listOption(context, 'trust').map((address) => parseAddress(address, '--trust')))];
    const threshold = Number(parsedOption(context, 'threshold', parseInteger) ?? 1n);
    if (threshold < 1) throw usageError('--threshold must be 1 or more.');
    // Else everything would read as if it were not verified.
    if (threshold > Math.max(trust.length, 1)) {
      throw usageError(
        `--threshold asks for ${threshold} verifiers, and ${trust.length} are trusted.`,
        'Name each of them with --trust.',
      );
    }
    const after = textOption(context, 'after');
    const limit = parsedOption(context, 'limit', (text, flag) => Number(parseInteger(text, flag)));
    if (limit !== undefined && (limit < 1 || limit > 100)) throw usageError('--limit must be from 1 to 100.');
    const connection = await connect(context);
    const { items, next } = await connection.client.getAttestations({
      ...subject,
      threshold,
      ...(trust.length > 0 ? { trust } : {}),
      ...(after === undefined ? {} : { after }),
      ...(limit === undefined ? {} : { limit }),
    });
    if (items.length === 0) await requireSubject(connection, subject);
    context.output.result({ ...subject, trust, threshold, attestations: items.map(withLabels), next }, () => {
      const none = after === undefined ? 'nothing was attested' : 'nothing more was attested';
      const lines = items.length === 0 ? [none] : items.flatMap((each) => linesOf(each, trust.length));
      return next === null ? lines : [...lines, `there are more: the same with --after ${next}`];
    });
  },
};

/** Of what there is not, nothing was attested either: who mistyped a number is told so. */
function requireSubject(
  { client }: Connection,
  { classId, tokenId }: ReturnType<typeof parseSubject>,
): Promise<unknown> {
  return classId === undefined ? client.getToken({ tokenId: tokenId! }) : client.getClass({ classId });
}

const longestUri = 200;

const labelled = (hash: Hex): string => labelOf(hash, keccak256) ?? hash;

/** Labels beside hashes, where they are known. */
function withLabels(attestation: AttestationView) {
  return {
    ...attestation,
    type: labelOf(attestation.attestationType, keccak256) ?? null,
    verdicts: attestation.verdicts.map((verdict) => ({ ...verdict, by: labelOf(verdict.method, keccak256) ?? null })),
  };
}

function linesOf(attestation: AttestationView, trusted: number): string[] {
  const {
    id,
    attestationType,
    version,
    attester,
    state,
    expireAt,
    issuedAt,
    uri,
    statementHash,
    verdicts,
    verdictCount,
  } = attestation;
  return [
    `${labelled(attestationType)} of ${subjectText(attestation)}, version ${version}: ${state}`,
    `  id         ${id}`,
    `  by         ${attester}, ${humanMoment(issuedAt)}`,
    `  expires    ${humanMoment(expireAt)}`,
    `  statement  ${uri === '' ? 'handed over in another way' : briefText(uri, longestUri)}`,
    `             keccak-256 ${statementHash}`,
    ...(verdictCount > verdicts.length ? [`  verdicts   ${verdictCount}, of which ${verdicts.length} are listed`] : []),
    ...verdicts.map(verdictLine),
    ...(attestation.trusted === undefined ? [] : [verifiedLine(attestation.trusted, trusted)]),
  ];
}

function verdictLine({ outcome, verifier, method, state, isLast }: VerdictView): string {
  const note = !isLast ? ', superseded' : state === 'valid' ? '' : `, ${state}`;
  return `  verdict    ${outcome} by ${verifier} (${labelled(method)})${note}`;
}

function verifiedLine({ confirming, refuting, verified }: NonNullable<AttestationView['trusted']>, trusted: number) {
  const counts = `${confirming} of ${trusted} trusted confirm${refuting === 0 ? '' : `, ${refuting} refute`}`;
  return `  verified   ${verified ? 'yes' : 'no'}: ${counts}`;
}
