import { policySchema, type ClassDetail, type Policy, type PolicyVersion } from '@kedge/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { priceText } from '../../data/priceText.js';
import { useAssets } from '../../data/useAssets.js';
import { Copyable } from '../../ui/Copyable.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { showMoment, showUnits } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import { diffLines } from './diffLines.js';

/** What value buys: the policy in words, its versions, and what changed between two of them. */
export function PolicyTab({ detail }: { detail: ClassDetail }) {
  const { policies, policyVersion, unitDecimals, announcedPolicy } = detail;
  const [shown, setShown] = useState(policyVersion);
  const version = policies.find((each) => each.version === shown) ?? policies.at(-1);
  const before = policies.find((each) => each.version === (version?.version ?? 0) - 1);
  if (version === undefined) {
    return (
      <section className="card">
        <EmptyState title="No policy">Without a policy that has a hash, no value of the class can be sold.</EmptyState>
      </section>
    );
  }
  return (
    <>
      {announcedPolicy !== null && (
        <p className="callout warn">
          Version {announcedPolicy.version} is announced and can be in force from{' '}
          {showMoment(announcedPolicy.effectiveAt)}. Value bought before keeps its policy.
        </p>
      )}
      <section className="card stack" aria-labelledby="policy-title">
        <div className="row between">
          <h2 id="policy-title">Policy, version {version.version}</h2>
          <span className="row">
            {version.version === policyVersion && <span className="pill">in force</span>}
            <PolicyCheck version={version} />
          </span>
        </div>
        {policies.length > 1 && (
          <div className="field narrow">
            <label htmlFor="version">Version</label>
            <select
              id="version"
              className="input"
              value={version.version}
              onChange={(event) => setShown(Number(event.target.value))}
            >
              {policies.map((each) => (
                <option key={each.version} value={each.version}>
                  {each.version}, of {showMoment(each.at)}
                </option>
              ))}
            </select>
          </div>
        )}
        <PolicyFacts version={version} unitDecimals={unitDecimals} />
      </section>
      {before !== undefined && (
        <section className="card stack" aria-labelledby="diff-title">
          <h2 id="diff-title">Changed since version {before.version}</h2>
          <Diff before={before} after={version} />
        </section>
      )}
    </>
  );
}

function PolicyFacts({ version, unitDecimals }: { version: PolicyVersion; unitDecimals: number }) {
  const parsed = policySchema.safeParse(version.document);
  const policy: Policy | undefined = parsed.success ? parsed.data : undefined;
  const { assetOf } = useAssets(policy?.price === undefined ? [] : [policy.price.asset]);
  return (
    <dl className="facts">
      {policy !== undefined && (
        <>
          <dt>Unit</dt>
          <dd>
            {policy.unit.name}, {policy.unit.decimals} decimals
          </dd>
          <dt>Rates</dt>
          <dd>
            {Object.entries(policy.rates).map(([metric, rate]) => (
              <div key={metric}>
                {showUnits(BigInt(rate), unitDecimals)} units for 1 {metric.replace('_', ' ')}
              </div>
            ))}
          </dd>
          <dt>A call takes at most</dt>
          <dd>
            {policy.caps.unitsPerCall !== undefined && (
              <div>{showUnits(BigInt(policy.caps.unitsPerCall), unitDecimals)} units</div>
            )}
            {policy.caps.inputTokensPerCall !== undefined && (
              <div>{policy.caps.inputTokensPerCall.toLocaleString()} input tokens</div>
            )}
            <div>{policy.caps.outputTokensPerCall.toLocaleString()} output tokens</div>
          </dd>
          <dt>Models</dt>
          <dd>{policy.models.join(', ')}</dd>
          <dt>Operators</dt>
          <dd>
            {policy.operators.map((operator) => (
              <div key={operator}>
                <Copyable value={operator} label="address of an operator" />
              </div>
            ))}
          </dd>
          <dt>Licence</dt>
          <dd>{policy.licence}</dd>
          {policy.price !== undefined && (
            <>
              <dt>Price of a unit</dt>
              <dd>
                {priceText(
                  {
                    asset: policy.price.asset,
                    numerator: BigInt(policy.price.numerator),
                    denominator: BigInt(policy.price.denominator),
                  },
                  unitDecimals,
                  assetOf(policy.price.asset),
                )}
              </dd>
            </>
          )}
        </>
      )}
      <dt>Published</dt>
      <dd>{showMoment(version.at)}</dd>
      <dt>At</dt>
      <dd>{version.uri === '' ? 'nowhere' : <Copyable value={version.uri} label="address of the policy" />}</dd>
      <dt>Hash</dt>
      <dd>
        {version.hash === null ? (
          'none: no value can be sold under it'
        ) : (
          <Copyable value={version.hash} label="policy hash" />
        )}
      </dd>
    </dl>
  );
}

function PolicyCheck({ version }: { version: PolicyVersion }) {
  const { hash, document } = version;
  const { data: isSame } = useQuery({
    queryKey: ['policy-hash', hash],
    enabled: hash !== null && document !== null,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: async () => (await import('./checkDocument.js')).documentMatches(document, hash!),
  });
  if (hash === null) return <span className="pill">without a hash</span>;
  if (document === null) return <span className="pill">document not at hand</span>;
  if (isSame === undefined) return <span className="pill">Checking</span>;
  return (
    <span className={isSame ? 'pill good' : 'pill bad'}>
      <Icon name={isSame ? 'check' : 'cross'} size={14} />
      {isSame ? 'Matches the hash on chain' : 'Differs from the hash on chain'}
    </span>
  );
}

function Diff({ before, after }: { before: PolicyVersion; after: PolicyVersion }) {
  if (before.document === null || after.document === null) {
    return <p className="callout">One of the two documents is not at hand, so they cannot be compared.</p>;
  }
  const lines = diffLines(JSON.stringify(before.document, null, 2), JSON.stringify(after.document, null, 2));
  const marks = { same: ' ', added: '+', removed: '−' } as const;
  const said = { same: '', added: 'added: ', removed: 'removed: ' } as const;
  return (
    <pre className="document diff" tabIndex={0} aria-label="Lines that were added and removed">
      {lines.map(({ kind, text }, index) => (
        // Lines may repeat; their order is what tells them apart.
        <span key={`${index}/${text}`} className={kind}>
          <span aria-hidden="true">{marks[kind]} </span>
          <span className="visually-hidden">{said[kind]}</span>
          {text}
          {'\n'}
        </span>
      ))}
    </pre>
  );
}
