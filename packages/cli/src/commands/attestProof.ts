import { attestationLabels } from '@kedge/core';
import { resolveAccount } from '../accounts/resolveAccount.js';
import { connect } from '../chain/connect.js';
import { createWriter } from '../chain/createWriter.js';
import { accountOptions, type Command } from '../command.js';
import { humanMoment } from '../human.js';
import { argument, parseInteger, textOption } from '../parse.js';
import { usageError } from '../usageError.js';
import { expiresOption, readStatement, requireType, subjectText, uriOption } from './attest.js';

export const attestProof: Command = {
  name: 'attest proof',
  summary: 'put a proof about your token forward, as its holder or operator',
  description:
    "Puts a proof about a token on record by the draft's addProof: a report of a trusted environment, a zero-knowledge " +
    'proof, or another document. Only the holder of the token, or its operator for the class, can; you sign it, and its ' +
    'hash goes on the chain. It is an attestation as well: kedge attestations lists it, verifiers judge it with kedge ' +
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
    ...accountOptions,
  ],
  examples: [
    {
      command: 'kedge attest proof report.bin --token 18446744077839630337 --type TEE_REPORT',
      summary: 'what the enclave says, put forward by the holder',
    },
  ],
  run: async (context) => {
    const file = argument(context, 0);
    const [tokenText, type] = [textOption(context, 'token'), textOption(context, 'type')];
    if (tokenText === undefined) throw usageError('A proof is about a token: pass --token.');
    requireType(type, 'TEE_REPORT', 'A verdict is given with kedge attest --verdict.');
    const tokenId = parseInteger(tokenText, '--token');
    const connection = await connect(context);
    const { holder } = await connection.client.getToken({ tokenId });
    const signer = await resolveAccount(context, connection.chainId, holder);
    const { statement, terms } = await readStatement(context, connection, file);
    const { write } = createWriter(context, connection, signer);
    const added = await write('add the proof', (client) => client.addProof({ tokenId, type, ...terms }));
    const { id, attestation, proof, transactionHash } = added;
    context.output.result({ id, ...attestation, proof, transactionHash }, () => [
      `${type} about ${subjectText(attestation)}: put forward`,
      `  id         ${id}`,
      `  proof      ${statement.bytes} bytes, keccak-256 ${statement.statementHash}`,
      `  at         ${statement.uri}`,
      `  expires    ${humanMoment(attestation.expireAt)}`,
      `  signed by  ${signer.label}`,
      `a verifier judges it: kedge attest <report> --verdict ${id} --outcome confirmed --method signature_check`,
    ]);
  },
};
