import { resolve } from 'node:path';
import { dataAnchoringTokenAbi, type Hex } from '@kedge/core';
import type { ClassView } from '@kedge/sdk';
import { connect, type Connection } from '../chain/connect.js';
import { resolveWriter } from '../chain/resolveWriter.js';
import { requireOwnOperators } from '../accounts/requireOwnOperators.js';
import { storePolicy } from '../chain/terms.js';
import { accountOptions, type Command } from '../command.js';
import { contentStoreOf } from '../contentStoreOf.js';
import { humanMoment } from '../human.js';
import { argument, parseInteger } from '../parse.js';
import { usageError } from '../usageError.js';

export const policyPublish: Command = {
  name: 'policy publish',
  summary: "publish the next version of a class's policy",
  description:
    'Publishes the next version of the policy of a class that you issue. Value that was bought keeps the rates and the ' +
    'price of its own version, and lots of earlier versions sell nothing more. An operator or a model that the new version ' +
    'no longer names is refused by gateways at once. In a class with a notice period the policy is announced. The policy ' +
    'goes into the content store.',
  arguments: [
    { name: 'classId', summary: 'the class' },
    { name: 'file', summary: 'policy as JSON; its hash goes on chain' },
  ],
  options: accountOptions,
  examples: [{ command: 'kedge policy publish 2 policy.json', summary: 'new rates for everything bought from now on' }],
  run: async (context) => {
    const classId = parseInteger(argument(context, 0), 'classId');
    const file = argument(context, 1);
    const connection = await connect(context);
    const { issuer, unitDecimals, policy: current } = await connection.client.getClass({ classId });
    const store = contentStoreOf(connection.dataDir);
    const { policy, uri, hash } = await storePolicy(resolve(context.cwd, file), store);
    requireOwnOperators(connection.chainId, policy.operators);
    if (policy.unit.decimals !== unitDecimals) {
      throw usageError(
        `A unit of class ${classId} has ${unitDecimals} decimals for ever, and ${policy.unit.decimals} in this policy.`,
        `Write "decimals": ${unitDecimals} into ${file}.`,
      );
    }
    const before = await sameAs(connection, { classId, uri, hash, current });
    if (before !== undefined) {
      // Sent all the same it would end the sale of every lot, or begin the notice anew.
      const policyVersion = before === 'current' ? current.version : null;
      const nothing = { classId, policyVersion, policyHash: hash, policyURI: uri, transactionHash: null };
      context.output.result(nothing, () => [
        `the policy of class ${classId} that is ${before} is as in ${file} already: nothing was sent`,
        `  policy hash  ${hash}`,
      ]);
      return;
    }
    const { signer, write } = await resolveWriter(context, connection, issuer);
    const published = await write('publish the policy', (client) => client.publishPolicy({ classId, uri, hash }));
    const { policyVersion, effectiveAt, transactionHash } = published;
    const result = { classId, policyVersion, policyHash: hash, policyURI: uri, effectiveAt, transactionHash };
    context.output.result(result, () => [
      effectiveAt === undefined
        ? `policy version ${policyVersion} of class ${classId} is current, by ${signer.label}`
        : `policy version ${policyVersion} of class ${classId} is announced, by ${signer.label}`,
      `  policy hash  ${hash}`,
      ...(effectiveAt !== undefined
        ? [`next, from ${humanMoment(effectiveAt)}: kedge policy activate ${classId}`]
        : policy.price === undefined
          ? ['It names no price, so no units can be sold under it.']
          : [`next: kedge lot create ${classId} 1000`]),
    ]);
  },
};

type Published = {
  readonly classId: bigint;
  readonly uri: string;
  readonly hash: Hex;
  readonly current: ClassView['policy'];
};

/** Whether the class is, or is about to be, under that policy. One that was announced in its place can be replaced by it. */
async function sameAs(
  { contracts, publicClient }: Connection,
  { classId, uri, hash, current }: Published,
): Promise<'current' | 'announced' | undefined> {
  const [announcedUri, announcedHash, effectiveAt] = await publicClient.readContract({
    address: contracts.DataAnchoringToken,
    abi: dataAnchoringTokenAbi,
    functionName: 'announcedPolicy',
    args: [classId],
  });
  if (effectiveAt === 0n) return current.hash === hash && current.uri === uri ? 'current' : undefined;
  return announcedHash === hash && announcedUri === uri ? 'announced' : undefined;
}
