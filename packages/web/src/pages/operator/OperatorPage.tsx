import { isSameAddress, type Address, type Operator } from '@kedge/core';
import { lazyPart } from '../../app/lazyPart.js';
import { Part } from '../../app/Part.js';
import { useKeptChoice } from '../../app/useKeptChoice.js';
import { parseAddress } from '../../actions/forms/parseAddress.js';
import { AddressField } from '../../actions/forms/AddressField.js';
import { useConfig } from '../../app/configContext.js';
import { mainOf, namedOf, othersOf } from '../../data/mainOf.js';
import { useAssets } from '../../data/useAssets.js';
import { useIndexed } from '../../data/useIndexed.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { ErrorState } from '../../ui/ErrorState.js';
import { grouped, showCount } from '../../ui/format.js';
import { OtherAmounts } from '../../ui/OtherAmounts.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { StaleNote } from '../../ui/StaleNote.js';
import { Stat } from '../../ui/Stat.js';
import { useWallet } from '../../wallet/useWallet.js';
import { ActivityList } from './ActivityList.js';
import { BatchTable } from './BatchTable.js';
import { LivePanel } from './LivePanel.js';
import { OperatorChannels } from './OperatorChannels.js';
import { UsageDifferences } from './UsageDifferences.js';

const OperatorCharts = lazyPart(() => import('./OperatorCharts.js'), 'OperatorCharts');

/** What an operator serves and captures, minute by minute. */
export function OperatorPage() {
  const { developmentAccounts } = useConfig();
  const { address } = useWallet();
  const [text, setText] = useKeptChoice('account', '');
  const operator =
    parseAddress(text) ?? (text.trim() === '' ? (developmentAccounts?.['operator'] ?? address) : undefined);
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1>Operator</h1>
          <p>What the gateway does now, and what of it reached the chain.</p>
        </div>
        <div className="operator-field">
          <AddressField
            label="Operator"
            value={text}
            onChange={setText}
            hint={operatorHint(text, operator, developmentAccounts?.['operator'])}
          />
        </div>
      </div>
      {operator === undefined ? (
        <section className="card">
          <EmptyState icon="search" title="Which operator?">
            Enter the address of a gateway’s account, or connect the wallet that it is.
          </EmptyState>
        </section>
      ) : (
        <>
          <LivePanel operator={operator} />
          <Shown key={operator} operator={operator} />
        </>
      )}
    </div>
  );
}

function Shown({ operator }: { operator: Address }) {
  const { data, error, refetch } = useIndexed('operator', { address: operator }, 2_000);
  if (data === undefined) {
    return error === null ? (
      <div className="stack" role="status" aria-label="Loading the operator">
        <Skeleton height={96} />
        <Skeleton height={330} />
      </div>
    ) : (
      <section className="card">
        <ErrorState error={error} title="The operator cannot be shown" onRetry={() => void refetch()} />
      </section>
    );
  }
  return (
    <>
      <StaleNote error={error} />
      <Figures operator={data} />
      <Part waiting={<Skeleton height={330} />}>
        <OperatorCharts trend={data.trend} />
      </Part>
      <div className="columns">
        <div className="stack">
          <BatchTable operator={operator} />
          <OperatorChannels operator={operator} />
          <UsageDifferences />
        </div>
        <ActivityList />
      </div>
    </>
  );
}

function Figures({ operator }: { operator: Operator }) {
  const { openChannels, channelCount, capturedUnits, captureCount, receiptRootCount, cuts } = operator;
  const main = mainOf(cuts);
  const { show } = useAssets(namedOf(cuts, main));
  return (
    <dl className="stats">
      <Stat label="Captured" note={`in ${showCount(captureCount, 'capture')}`}>
        {grouped(String(capturedUnits))} <small>base units</small>
      </Stat>
      <Stat label="Open channels" note={`of ${channelCount} in all`}>
        {openChannels}
      </Stat>
      <Stat label="Receipt roots" note="anchored on chain">
        {grouped(String(receiptRootCount))}
      </Stat>
      <Stat
        label="Operator’s cut"
        note={main === undefined ? undefined : <>{show(main.asset, main.owed, 6)} not withdrawn</>}
      >
        {main === undefined ? 'None yet' : show(main.asset, main.earned, 6)}
        <OtherAmounts amounts={othersOf(cuts, main).map(({ asset, earned }) => show(asset, earned, 6))} />
      </Stat>
    </dl>
  );
}

function operatorHint(text: string, operator: Address | undefined, local: Address | undefined): string {
  if (text.trim() !== '' || operator === undefined) return 'Address of its account';
  return local !== undefined && isSameAddress(operator, local)
    ? 'Empty: the gateway of this stack'
    : 'Empty: your account';
}
