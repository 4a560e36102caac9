import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseAttestationId } from '../parse.js';

export const attestRevoke: Command = {
  name: 'attest revoke',
  summary: 'take back an attestation or a verdict of yours',
  description:
    'Ends an attestation or a verdict that you gave, for ever. It stays on record as revoked. An earlier verdict of ' +
    'yours on the same attestation does not come back.',
  arguments: [{ name: 'id', summary: 'the id that kedge attest printed' }],
  options: accountOptions,
  examples: [{ command: 'kedge attest revoke 0x5d…a1 --account contributor', summary: 'nobody counts it any more' }],
  run: async (context) => {
    const id = parseAttestationId(argument(context, 0), 'id');
    const connection = await connect(context);
    const { signer, write } = await resolveWriter(context, connection, 'contributor');
    const { transactionHash } = await write('revoke the attestation', (client) => client.revokeAttestation({ id }));
    context.output.result({ id, transactionHash }, () => [`${id} is revoked`, `  signed by ${signer.label}`]);
  },
};
