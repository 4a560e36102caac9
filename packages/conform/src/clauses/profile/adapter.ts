import type { Abi } from 'viem';
import type { Clause } from '../../clause.js';
import { NotApplicable } from '../../outcome.js';
import { erc3525Abi } from '../../draftAbi.js';
import { newClass, newToken } from '../../lab/fixtures.js';
import { emitted } from '../../lab/events.js';
import { prepare, refuse, shows, succeed, type Call, type Lab } from '../../lab/lab.js';
import { supports } from '../optional.js';
import { clause } from './extension.js';

const interfaceId = '0xd5358140';

const erc3525 = (lab: Lab, name: string, ...args: readonly unknown[]): Call => ({
  name,
  args,
  abi: erc3525Abi as Abi,
  to: lab.adapter,
});

async function requireAdapter(lab: Lab): Promise<void> {
  if ((await supports(lab, interfaceId, lab.adapter)).value) return;
  if (lab.adapter === lab.target) {
    throw new NotApplicable(`ERC-165 does not offer ERC-3525 (${interfaceId}) here, and no adapter was named`);
  }
  throw new NotApplicable(`could not be reached: the adapter that was named does not offer ERC-3525 (${interfaceId})`, {
    isUnchecked: true,
  });
}

/** P30 where there is an adapter. */
export const adapterClauses: readonly Clause[] = [
  clause(
    'P30',
    'Optional adapter, so that ERC-3525 readers can see DATs',
    async (lab) => {
      await requireAdapter(lab);
      const { classId } = await newClass(lab);
      const { alice, operator } = lab.actors;
      const tokenId = await newToken(lab, { classId, value: 1_000n });
      const other = await newToken(lab, { classId, value: 1_000n });
      await shows(lab, erc3525(lab, 'slotOf', tokenId), classId, 'slot of a token');
      await shows(lab, erc3525(lab, 'balanceOf', tokenId), 1_000n, 'balance of a token of 1,000 units');
      const approve = { name: 'approveForClass', args: [classId, lab.adapter, true] };
      await prepare('the adapter could not be approved', () => succeed(lab, alice, approve));
      const move = (value: bigint) => erc3525(lab, 'transferFrom', tokenId, other, value);
      await refuse(lab, operator, move(1n), 'nobody had approved it');
      await succeed(lab, alice, erc3525(lab, 'approve', tokenId, operator.address, 300n));
      await refuse(lab, operator, move(301n), '300 units were approved');
      const done = await succeed(lab, operator, move(200n));
      const told = { fromTokenId: tokenId, toTokenId: other, value: 200n };
      emitted(lab, done, 'TransferValue', told, erc3525Abi as Abi, lab.adapter);
      await refuse(lab, operator, move(101n), '100 units were left of the approval');
      for (const [of, value] of [
        [tokenId, 800n],
        [other, 1_200n],
      ] as const) {
        await shows(lab, { name: 'valueOf', args: [of] }, value, 'value after a transfer of 200 units', done.evidence);
      }
    },
    { level: 'SHOULD', note: 'At the address that is tried, or at the adapter that is named beside it.' },
  ),
];
