import { resolve } from 'node:path';
import { attestationLabels, BaseError, labelOf, parseSignedStatement, signedStatementToJson } from '@kedge/core';
import type { AddProofReturn } from '@kedge/sdk';
import { connect, type Connection } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { storeStatement } from '../chain/statement.js';
import { accountOptions, type Command } from '../command.js';
import type { Context } from '../context.js';
import { humanMoment, shellWord } from '../human.js';
import { keccak256 } from '../keccak256.js';
import { argument, parseInteger, textOption } from '../parse.js';
import { readJson } from '../target.js';
import { usageError } from '../usageError.js';
import { expiresOption, readStatement, requireType, subjectText, uriOption } from './attest.js';

export const attestProof: Command = {
  name: 'attest proof',
  summary: 'put a proof about your token forward, as its holder or operator',
  description:
    "Puts a proof about a token on record by the draft's addProof: a report of a trusted environment, a zero-knowledge " +
    'proof, or another document. Only the holder of the token, or its operator for the class, can; you sign it, and its ' +
    'hash goes on the chain. What another signed with --sign, a lab or an enclave, is brought with --signed. It is an attestation as well: kedge attestations lists it, verifiers judge it with kedge ' +
    'attest --verdict, and kedge attest revoke takes it back. Nobody checks the proof by adding it.',
  arguments: [{ name: 'file', summary: 'the proof' }],
  options: [
    { flags: '--token <tokenId>', summary: 'the token that it is about' },
    {
      flags: '--type <label>',
      summary: `what kind of proof it is: ${attestationLabels.slice(-2).join(', ')}, or another word`,
    },
    expiresOption,
    { flags: '--number <version>', summary: 'its version; without it 1' },
    uriOption,
    { flags: '--sign', summary: 'sign only, for somebody else to bring: nothing goes on the chain' },
    { flags: '--signed <file>', summary: 'bring what another signed: the JSON that --sign printed' },
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge attest proof report.bin --token 18446744077839630337 --type TEE_REPORT',
      summary: 'what the enclave says, put forward by the holder',
    },
    {
      command: 'kedge attest proof report.bin --signed signed.json',
      summary: 'the same, where the lab that runs the enclave has signed it',
    },
  ],
  run: async (context) => {
    const file = argument(context, 0);
    const connection = await connect(context);
    const signedFile = textOption(context, 'signed');
    if (signedFile !== undefined) return bringSigned(context, connection, { file, signedFile });
    const [tokenText, type] = [textOption(context, 'token'), textOption(context, 'type')];
    if (tokenText === undefined) throw usageError('A proof is about a token: pass --token.');
    requireType(type, 'TEE_REPORT', 'A verdict is given with kedge attest --verdict.');
    const tokenId = parseInteger(tokenText, '--token');
    const { holder } = await connection.client.getToken({ tokenId });
    const { signer, client, write } = await resolveWriter(context, connection, holder);
    const { statement, terms } = await readStatement(context, connection, file);
    const parameters = { tokenId, type, ...terms };
    if (context.options['sign'] !== true) {
      const added = await write('add the proof', () => client.addProof(parameters));
      return show(context, { added, type, bytes: statement.bytes, label: signer.label });
    }
    const signed = await client.signAttestation(parameters);
    return context.output.result(signedStatementToJson(signed), () => [
      `${type} about ${subjectText(signed.attestation)}: signed by ${signer.label}, and not on the chain`,
      'print it with --json > signed.json, and give that file to the holder of the token',
      `next, as the holder: kedge attest proof ${shellWord(file)} --signed signed.json`,
    ]);
  },
};

/** A statement that somebody else signed: it says itself what it is about, and the signature covers all of it. */
async function bringSigned(
  context: Context,
  connection: Connection,
  { file, signedFile }: { readonly file: string; readonly signedFile: string },
): Promise<void> {
  for (const [name, flag] of saidBySigned) {
    if (context.options[name] === undefined || context.options[name] === false) continue;
    throw usageError(`A signed statement says itself what ${flag} would say.`, `Leave ${flag} out.`);
  }
  const signed = parseSignedStatement(await readJson(resolve(context.cwd, signedFile)));
  const { subjectKind, subjectId, statementHash, attestationType, uri, attester } = signed.attestation;
  if (subjectKind !== 'token') {
    throw usageError(`A proof is about a token, and this statement is about ${subjectText(signed.attestation)}.`);
  }
  // Where it is kept by its content, it is kept here, too: the attester's store may be out of reach.
  const elsewhere = uri.startsWith('ipfs://') ? undefined : uri;
  const statement = await storeStatement({ cwd: context.cwd, dataDir: connection.dataDir }, file, elsewhere);
  if (statement.statementHash !== statementHash) {
    throw new BaseError('What was signed is not this file.', {
      code: 'statement_differs',
      values: { signed: statementHash, file: statement.statementHash },
      hints: ['Pass the file that the attester signed, byte for byte.'],
    });
  }
  const { holder } = await connection.client.getToken({ tokenId: subjectId });
  const { signer: sender, write } = await resolveWriter(context, connection, holder);
  const added = await write('add the proof', (client) => client.addProof(signed));
  const type = labelOf(attestationType, keccak256) ?? attestationType;
  show(context, { added, type, bytes: statement.bytes, label: `${attester}, brought by ${sender.label}` });
}

const saidBySigned = [
  ['token', '--token'],
  ['type', '--type'],
  ['expires', '--expires'],
  ['number', '--number'],
  ['uri', '--uri'],
  ['sign', '--sign'],
] as const;

function show(
  context: Context,
  { added, type, bytes, label }: { added: AddProofReturn; type: string; bytes: number; label: string },
): void {
  const { id, attestation, proof, transactionHash } = added;
  context.output.result({ id, ...attestation, proof, transactionHash }, () => [
    `${type} about ${subjectText(attestation)}: put forward`,
    `  id         ${id}`,
    `  proof      ${bytes} bytes, keccak-256 ${attestation.statementHash}`,
    `  at         ${attestation.uri}`,
    `  expires    ${humanMoment(attestation.expireAt)}`,
    `  signed by  ${label}`,
    `next, as a verifier: kedge attest <report> --verdict ${id} --outcome confirmed --method signature_check`,
  ]);
}
