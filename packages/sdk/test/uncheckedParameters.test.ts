import { parseDeployment } from '@kedge/core';
import { createPublicClient, http } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createKedgeClient, kedgeActions } from '../src/index.js';
import { addressOf, createSale, refusedUnsent, someHash, startStage, type Stage } from './fixture.js';

// What a program in JavaScript passes, whose compiler looks at nothing.
let stage: Stage;
let sale: Awaited<ReturnType<typeof createSale>>;
beforeAll(async () => {
  stage = await startStage();
  sale = await createSale(stage);
});
afterAll(() => stage.anvil.stop());

/** How a parameter is refused that is not what the contract takes. */
const invalid = (argument: string, value: unknown, form: string) => ({
  code: 'argument_invalid',
  message: expect.stringContaining(`${argument} cannot be `),
  values: { argument, value },
  hints: [expect.stringContaining(form)],
});
const most = 2n ** 64n;
const deadline = 2_000_000_000n;
type Client = ReturnType<Stage['as']>;
test.each<[string, (client: Client) => Promise<unknown>, object]>([
  [
    'a metric of no registry',
    (it) => it.recordUsage({ tokenId: 1n, units: 1n, metric: 'tokens' as never }),
    { code: 'metric_unknown' },
  ],
  [
    'uses beyond 64 bits',
    (it) => it.recordUsageBatch({ uses: [{ tokenId: 2n << 64n, units: most }] }),
    { code: 'argument_invalid' },
  ],
  [
    'a permit beyond 64 bits',
    (it) => it.signUsagePermit({ tokenId: 1n, operator: addressOf('operator'), units: most, deadline }),
    { code: 'argument_invalid' },
  ],
  [
    'a permit for no address',
    (it) => it.signUsagePermit({ tokenId: 1n, operator: '0x11', units: 1n, deadline }),
    { code: 'argument_invalid' },
  ],
  [
    'a proof of a short hash',
    (it) => it.addProof({ tokenId: 1n, type: 'X', statementHash: '0x11', uri: '' }),
    invalid('statementHash', '0x11', '0x and 64 hex digits'),
  ],
  [
    'a verifier that is no address',
    (it) => it.getAttestations({ classId: 1n, trust: ['x' as never] }),
    { code: 'argument_invalid' },
  ],
  ['no verifier', (it) => it.getAttestations({ classId: 1n, trust: [null as never] }), { code: 'argument_invalid' }],
  [
    'verifiers that are no list',
    (it) => it.getAttestations({ classId: 1n, trust: 1 as never }),
    { code: 'argument_invalid' },
  ],
  ...[Number.NaN, -1, 1.5, 2n as never].map((maxEdges): [string, (client: Client) => Promise<unknown>, object] => [
    `at most ${maxEdges} edges`,
    (it) => it.getRoyaltyEdges({ classId: sale.agentId, maxEdges }),
    { code: 'integer_out_of_range', values: { field: 'maxEdges', value: maxEdges } },
  ]),
  ...([null, 1.5, -1n, 2 ** 53, '', '1e3', true, most] as never[]).map(
    (units): [string, (client: Client) => Promise<unknown>, object] => [
      `${typeof units} ${String(units)} of units`,
      (it) => it.buyValue({ classId: sale.agentId, lot: sale.lot, units }),
      invalid('units', units, 'a whole number from 0 to 2^64 - 1, as a bigint such as 5n'),
    ],
  ),
  ...([1.5, null, -1n] as never[]).map((amount): [string, (client: Client) => Promise<unknown>, object] => [
    `${String(amount)} of ETH`,
    (it) => it.settleRevenue({ classId: sale.agentId, amount }),
    invalid('amount', amount, 'a whole number'),
  ]),
  [
    'no text where the class keeps it for ever',
    (it) => it.createClass({ kind: 'model', metadataURI: null as never, integrityHash: someHash }),
    invalid('metadataURI', null, 'a text'),
  ],
  [
    'a class of no kind',
    (it) => it.createClass({ kind: 'dataSet' as never, metadataURI: '', integrityHash: someHash }),
    invalid('kind', 'dataSet', 'dataset, model, agent'),
  ],
  [
    'a parent without a royalty',
    (it) =>
      it.createClass({
        kind: 'model',
        metadataURI: '',
        integrityHash: someHash,
        parents: [{ classId: 1n } as never],
      }),
    invalid('parents[0].royaltyBps', undefined, 'a whole number'),
  ],
  [
    'a text for a choice',
    (it) => it.approveForClass({ classId: sale.agentId, operator: addressOf('operator'), approved: 'false' as never }),
    invalid('approved', 'false', 'true or false'),
  ],
  [
    'an address with a typing error',
    (it) => it.getOwed({ account: swappedCase(addressOf('operator')) }),
    invalid('account', swappedCase(addressOf('operator')), 'EIP-55'),
  ],
  [
    'a channel to an address with a typing error',
    (it) => it.openChannel({ ...channelTerms(), operator: swappedCase(addressOf('operator')) }),
    invalid('operator', swappedCase(addressOf('operator')), 'EIP-55'),
  ],
  [
    'a channel of no mode',
    (it) => it.openChannel({ ...channelTerms(), mode: 'free' as never }),
    invalid('mode', 'free', 'strict, capped'),
  ],
  [
    'a verdict of no outcome',
    (it) => it.giveVerdict({ attestationId: someHash, outcome: 'yes' as never, method: 'x', statementHash: someHash }),
    invalid('outcome', 'yes', 'confirmed'),
  ],
  ['attestations of nothing', (it) => it.getAttestations({} as never), { code: 'subject_missing' }],
  [
    'a permit where ETH is the price',
    (it) => it.buyValueByPermit({ classId: sale.agentId, lot: sale.lot, units: 1n, deadline }),
    { code: 'PermitBuyerNotErc20' },
  ],
])('%s', async (_, run, refusal) => {
  await refusedUnsent(stage, 'consumer', () => run(stage.as('consumer')), { name: 'BaseError', ...refusal });
});

/** The same twenty bytes, of which the letters are no checksum. */
function swappedCase(address: string): `0x${string}` {
  return `0x${address.slice(2).replace(/[a-f]/, (letter) => letter.toUpperCase())}`;
}

function channelTerms() {
  const [operator, channelKey] = [addressOf('operator'), addressOf('consumer')];
  const amounts = { cap: 5n, rate: 1n, burst: 5n, deadline };
  return { tokenId: 1n, operator, channelKey, ...amounts, mode: 'capped', salt: someHash } as const;
}

test('numbers and texts that are none are named, wherever the client hashes or packs them itself', async () => {
  const consumer = stage.as('consumer');
  const [operator, channelKey] = [addressOf('operator'), addressOf('consumer')];
  const terms = { tokenId: 1n, operator, channelKey, cap: 5n, rate: 1n, burst: 5n, deadline: 1n, salt: someHash };
  const channel = { ...terms, mode: 'capped', grace: 86_400, holder: channelKey } as const;
  const voucher = { cumulativeUnits: 1n, receiptHash: someHash, seq: 1n };
  const changes = (['tokenId', 'cap', 'rate', 'burst', 'deadline', 'grace', 'operator', 'salt'] as const).flatMap(
    (name) => [1.5, Number.NaN, null, {}, 'x'].map((value) => ({ [name]: value })),
  );
  for (const change of changes) {
    const refusal = {
      name: 'BaseError',
      code: expect.stringMatching(/^(integer_out_of_range|hex_invalid|argument_invalid)$/),
    };
    const changed = { ...channel, ...change } as never as typeof channel;
    await refusedUnsent(stage, 'consumer', () => consumer.openChannel(changed), refusal);
    await refusedUnsent(stage, 'consumer', () => consumer.capture({ items: [{ channel: changed, voucher }] }), refusal);
  }
  for (const odd of [1.5, null, undefined, 'x', {}] as never[]) {
    await refusedUnsent(stage, 'consumer', () => consumer.getToken({ tokenId: odd }), { code: 'token_id_invalid' });
    await refusedUnsent(stage, 'consumer', () => consumer.topUp({ tokenId: odd, units: 1n }), {
      code: 'token_id_invalid',
    });
    await refusedUnsent(stage, 'consumer', () => consumer.acceptParent({ classId: 1n, parentIndex: odd }), {
      name: 'BaseError',
    });
    const contributors = [{ account: operator, weight: odd }];
    await refusedUnsent(stage, 'consumer', () => consumer.setContributors({ tokenId: 1n, contributors, assets: [] }), {
      code: 'contributors_invalid',
    });
  }
  for (const type of ['', undefined as never]) {
    const statement = { classId: 1n, type, statementHash: someHash, uri: '' };
    await refusedUnsent(stage, 'consumer', () => consumer.attest(statement), { code: 'label_missing' });
  }
});

test('a grace that is left undefined is the usual one', async () => {
  const consumer = stage.as('consumer');
  const { tokenId } = await consumer.buyValue({ classId: sale.agentId, lot: sale.lot, units: 5n });
  const { timestamp } = await stage.anvil.publicClient.getBlock();
  const [operator, channelKey] = [addressOf('operator'), addressOf('consumer')];
  const terms = { tokenId, operator, channelKey, cap: 5n, rate: 1n, burst: 5n, deadline: timestamp + 1_000n };
  const given = { ...terms, mode: 'capped', salt: someHash, grace: undefined as never } as const;
  expect((await consumer.openChannel(given)).channel.grace).toBe(86_400);
});

test('addresses of a deployment in another letter case are the same addresses', async () => {
  const entries = Object.entries(stage.deployment.contracts);
  const shouted = entries.map(([name, address]) => [name, `0x${address.slice(2).toUpperCase()}`]);
  const contracts = Object.fromEntries(shouted) as typeof stage.deployment.contracts;
  const deployment = parseDeployment({ ...stage.deployment, contracts });
  const { publicClient } = stage.anvil;
  const { agentId: classId, lot } = sale;
  expect(await createKedgeClient({ publicClient, deployment }).getLot({ classId, lot })).toMatchObject({ lot });
  expect(await kedgeActions(deployment)(publicClient).getLot({ classId, lot })).toMatchObject({ lot });
});

test('contracts that are not there: the chain is asked for', async () => {
  const contracts = { ...stage.deployment.contracts, DataAnchoringToken: `0x${'de'.repeat(20)}` as const };
  const reader = createPublicClient({ transport: http(stage.anvil.rpcUrl) }).extend(
    kedgeActions({ ...stage.deployment, contracts }),
  );
  await expect(reader.getClass({ classId: 1n })).rejects.toMatchObject({
    code: 'contract_missing',
    hints: [expect.stringContaining('checkDeployment')],
  });
});
