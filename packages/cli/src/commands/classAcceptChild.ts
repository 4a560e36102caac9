import { BaseError } from '@kedge/core';
import { connect } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { accountOptions, type Command } from '../command.js';
import { argument, parseInteger } from '../parse.js';

export const classAcceptChild: Command = {
  name: 'class accept-child',
  summary: 'say that a class which names yours as its parent descends from it',
  description:
    'Marks a child of a class that you issue as accepted. Anyone can name your class as a parent; accepting tells readers that ' +
    'you agree with that. It changes no money: the royalty flows either way. It cannot be taken back.',
  arguments: [
    { name: 'classId', summary: 'your class, the parent' },
    { name: 'childId', summary: 'the class that names it as its parent' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge class accept-child 1 2', summary: 'class 2 is made from class 1, says its issuer' }],
  run: async (context) => {
    const parentId = parseInteger(argument(context, 0), 'classId');
    const childId = parseInteger(argument(context, 1), 'childId');
    const connection = await connect(context);
    const { client } = connection;
    const [{ issuer }, { parents }] = await Promise.all([
      client.getClass({ classId: parentId }),
      client.getClass({ classId: childId }),
    ]);
    const parentIndex = parents.findIndex(({ classId }) => classId === parentId);
    if (parentIndex < 0) {
      throw new BaseError(`Class ${childId} does not name class ${parentId} as a parent.`, {
        code: 'not_a_parent',
        values: { parents: parents.map(({ classId }) => classId).join(', ') || 'none' },
        hints: ['Parents are fixed when a class is created. See those that it has: kedge status'],
      });
    }
    const { signer, write } = await resolveWriter(context, connection, issuer);
    const { transactionHash } = await write('accept the child', (writer) =>
      writer.acceptParent({ classId: childId, parentIndex: BigInt(parentIndex) }),
    );
    context.output.result({ classId: parentId, childId, accepted: true, transactionHash }, () => [
      `class ${childId} is accepted as a child of class ${parentId}`,
      `  royalty    ${parents[parentIndex]!.royaltyBps / 100} %, as before`,
      `  signed by  ${signer.label}`,
    ]);
  },
};
