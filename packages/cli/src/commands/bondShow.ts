import { operatorBondAbi, type Address } from '@kedge/core';
import { firstBlockOf, readEvents } from '@kedge/sdk';
import { connect, type Connection } from '../chain/connect.js';
import { assetsIn } from '../chain/readAssets.js';
import { chainOptions, type Command } from '../command.js';
import { humanAmount, humanCount, humanMoment } from '../human.js';
import { argument, parseAddress } from '../parse.js';

export const bondShow: Command = {
  name: 'bond show',
  summary: 'show what an operator has bonded, and until when',
  description:
    'Shows the bond of an operator in every asset. Before you open a channel, see that it covers the deadline and the ' +
    'grace of the channel, in the asset that its value was bought with.',
  arguments: [{ name: 'operator', summary: 'the address of the operator' }],
  options: chainOptions,
  examples: [
    {
      command: 'kedge bond show 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC',
      summary: 'the operator of the local stack',
    },
  ],
  run: async (context) => {
    const operator = parseAddress(argument(context, 0), 'operator');
    const connection = await connect(context);
    const assets = await assetsIn(connection, [await bondedAssets(connection, operator)]);
    const bonds = await Promise.all(
      assets.map(async (asset) => ({
        asset,
        bond: await connection.client.getBond({ operator, asset: asset.address }),
      })),
    );
    const held = bonds.filter(({ bond }) => bond.amount > 0n || bond.windows > 0);
    context.output.result(
      { operator, bonds: held.map(({ asset, bond }) => ({ asset: asset.address, ...bond })) },
      () =>
        held.length === 0
          ? `${operator} has no bond`
          : held.flatMap(({ asset, bond }) => [
              `${humanAmount(bond.amount, asset.decimals)} ${asset.name}`,
              `  covers   ${bond.coveredUntil === 0n ? 'nothing is promised' : humanMoment(bond.coveredUntil)}`,
              ...(bond.releaseAt === undefined ? [] : [`  leaves   after ${humanMoment(bond.releaseAt)}`]),
              ...(bond.windows === 0 ? [] : [`  slashed  ${humanCount(bond.windows, 'time')}`]),
            ]),
    );
  },
};

/** Anyone may bond in what no class is paid in. */
async function bondedAssets({ client, contracts }: Connection, operator: Address): Promise<Set<Address>> {
  const address = contracts.OperatorBond;
  if (address === undefined) return new Set();
  const posted = await readEvents(client.publicClient, {
    address,
    abi: operatorBondAbi,
    eventName: 'BondPosted',
    args: { operator },
    fromBlock: firstBlockOf(client.deployment),
  });
  return new Set(posted.map(({ args: { asset } }) => asset));
}
