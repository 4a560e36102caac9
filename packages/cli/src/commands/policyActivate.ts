import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const policyActivate: Command = {
  name: 'policy activate',
  summary: 'make an announced policy the current one, once its notice is over',
  description:
    'Makes the policy that a class announced the current one. Anyone may, from the moment on that the announcement named.',
  arguments: [{ name: 'classId', summary: 'the class' }],
  options: accountOptions,
  examples: [{ command: 'kedge policy activate 2', summary: 'the policy that class 2 announced' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const connection = await connect(context);
    const { write } = await resolveWriter(context, connection, 'operator');
    const activated = await write('activate the policy', (client) => client.activatePolicy({ classId }));
    const { policyVersion, transactionHash } = activated;
    context.output.result({ classId, policyVersion, transactionHash }, () => [
      `policy version ${policyVersion} of class ${classId} is current`,
      `next: kedge lot create ${classId} 1000`,
    ]);
  },
};
