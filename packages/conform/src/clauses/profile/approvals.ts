import type { Address } from '@kedge/core';
import type { Clause } from '../../clause.js';
import type { Actor } from '../../lab/accounts.js';
import { expire, metric, newClass, newToken, soon } from '../../lab/fixtures.js';
import { read, refuse, same, see, shows, succeed, type Call, type Lab } from '../../lab/lab.js';
import { extensionClause, kedge } from './extension.js';

const use = (tokenId: bigint, units: bigint): Call => ({ name: 'recordUsage', args: [tokenId, metric, units] });

const owner = { name: 'owner', type: 'address' } as const;
const tail = [
  { name: 'nonce', type: 'uint256' },
  { name: 'deadline', type: 'uint256' },
] as const;
const permitTypes = {
  ClassPermit: [
    owner,
    { name: 'classId', type: 'uint256' },
    { name: 'operator', type: 'address' },
    { name: 'approved', type: 'bool' },
    ...tail,
  ],
  UsagePermit: [
    owner,
    { name: 'scope', type: 'uint256' },
    { name: 'operator', type: 'address' },
    { name: 'units', type: 'uint64' },
    { name: 'expireAt', type: 'uint64' },
    ...tail,
  ],
} as const;

type ClassPermit = { readonly classId: bigint; readonly operator: Address; readonly approved: boolean };
type UsagePermit = {
  readonly scope: bigint;
  readonly operator: Address;
  readonly units: bigint;
  readonly expireAt: bigint;
};

type Signing = { readonly signer?: Actor; readonly chainId?: number; readonly deadline?: bigint };

/** A permit of alice's over her next nonce, ready to be sent by anybody. */
async function permit(lab: Lab, terms: ClassPermit | UsagePermit, signing: Signing = {}): Promise<Call> {
  const { alice } = lab.actors;
  const { signer = alice, chainId = await lab.client.getChainId() } = signing;
  const { deadline = (await lab.clock.now()) + 1_000_000n } = signing;
  const nonce = await read<bigint>(lab, kedge(lab, 'nonces', alice.address));
  const isForClass = 'classId' in terms;
  const signature = await signer.account.signTypedData({
    domain: { name: 'Kedge DataAnchoringToken', version: '1', chainId, verifyingContract: lab.target },
    types: permitTypes,
    primaryType: isForClass ? 'ClassPermit' : 'UsagePermit',
    message: { owner: alice.address, ...terms, nonce, deadline },
  } as Parameters<typeof signer.account.signTypedData>[0]);
  const named = isForClass
    ? [terms.classId, terms.operator, terms.approved]
    : [terms.scope, terms.operator, terms.units, terms.expireAt];
  const name = isForClass ? 'permitForClass' : 'permitUsage';
  return kedge(lab, name, alice.address, ...named, deadline, signature);
}

/** Sends a permit as a stranger, after everything that makes one void. */
async function usePermit(lab: Lab, terms: ClassPermit | UsagePermit) {
  const { alice, bob, stranger } = lab.actors;
  const chainId = await lab.client.getChainId();
  const refused = async (why: string, signing: Signing): Promise<void> =>
    void (await refuse(lab, stranger, await permit(lab, terms, signing), why));
  await refused('somebody else signed it', { signer: bob });
  await refused('it was signed for another chain', { chainId: chainId + 1 });
  await refused('its deadline was over', { deadline: (await lab.clock.now()) - 1n });
  const cancelled = await permit(lab, terms);
  await succeed(lab, alice, kedge(lab, 'cancelPermits'));
  await refuse(lab, stranger, cancelled, 'its owner had cancelled it');
  const call = await permit(lab, terms);
  const { evidence } = await succeed(lab, stranger, call);
  await refuse(lab, stranger, call, 'it had been used');
  return evidence;
}

/** P13 where scoped approvals are announced. */
export const approvalClauses: readonly Clause[] = [
  extensionClause(
    'P13.scoped',
    'add scoped approvals: usage only, capped, expiring',
    ['IDATApprovals'],
    async (lab) => {
      const { alice, bob, operator, stranger } = lab.actors;
      const { classId } = await newClass(lab);
      const [tokenId, other] = [
        await newToken(lab, { classId, value: 1_000n }),
        await newToken(lab, { classId, value: 1_000n }),
      ];
      const bobs = await newToken(lab, { classId, value: 1_000n, to: bob.address });
      const expireAt = await soon(lab);
      await refuse(lab, operator, use(tokenId, 1n), 'nobody had approved it');
      await succeed(lab, alice, kedge(lab, 'approveUsage', tokenId, operator.address, 300n, expireAt));
      const { evidence } = await succeed(lab, operator, use(tokenId, 200n));
      await shows(lab, { name: 'valueOf', args: [tokenId] }, 800n, 'value after 200 units of approved usage', evidence);
      await refuse(lab, operator, use(tokenId, 101n), '100 units were left of the approval');
      await refuse(lab, operator, use(other, 1n), 'the approval was for another token');
      await refuse(lab, stranger, use(tokenId, 1n), 'the approval was for another operator');
      const why = 'usage was approved and nothing else';
      await refuse(lab, operator, { name: 'transferValue', args: [tokenId, other, 1n] }, why);
      await refuse(lab, operator, { name: 'transferToken', args: [tokenId, operator.address] }, why);
      await expire(lab, expireAt);
      await refuse(lab, operator, use(tokenId, 1n), 'the approval had expired');
      await succeed(lab, alice, kedge(lab, 'approveUsage', classId, operator.address, 10n, 0n));
      await refuse(lab, operator, use(bobs, 1n), 'the approval was of another owner');
      await succeed(lab, operator, use(other, 9n));
      await refuse(lab, operator, use(tokenId, 2n), '1 unit was left of the approval for the class');
      await succeed(lab, operator, use(tokenId, 1n));
    },
  ),
  extensionClause(
    'P13.permits',
    'EIP-712 permits for both',
    ['IDATApprovals'],
    async (lab) => {
      const { alice, operator } = lab.actors;
      const { classId } = await newClass(lab);
      const scope = await newToken(lab, { classId, value: 10n });
      const usage = await usePermit(lab, { scope, operator: operator.address, units: 7n, expireAt: 0n });
      const call = kedge(lab, 'usageAllowance', alice.address, scope, operator.address);
      const { value } = await see<readonly [bigint, bigint]>(lab, call);
      same(value[0], 7n, 'units that are allowed after the permit', usage);
      const approved = await usePermit(lab, { classId, operator: operator.address, approved: true });
      const args = [alice.address, classId, operator.address];
      await shows(lab, { name: 'isApprovedForClass', args }, true, 'isApprovedForClass after the permit', approved);
    },
    'Signed in the domain "Kedge DataAnchoringToken", as UsagePermit and ClassPermit.',
  ),
];
