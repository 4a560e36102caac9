import { policySchema, type Policy, type PolicyVersion } from '@kedge/core';
import { metricText } from '../../data/metricText.js';
import { useAssets } from '../../data/useAssets.js';
import { Copyable } from '../../ui/Copyable.js';
import { grouped, showMoment, showUnits, unitsText } from '../../ui/format.js';

/** A policy version in words: what a unit buys, what bounds it, who serves it. */
export function PolicyFacts({ version, unitDecimals }: { version: PolicyVersion; unitDecimals: number }) {
  const parsed = policySchema.safeParse(version.document);
  const policy: Policy | undefined = parsed.success ? parsed.data : undefined;
  const { showPrice } = useAssets(policy?.price === undefined ? [] : [policy.price.asset]);
  return (
    <dl className="facts">
      {policy !== undefined && (
        <>
          <dt>Unit</dt>
          <dd>
            <bdi>{policy.unit.name}</bdi>, {policy.unit.decimals} decimals
          </dd>
          <dt>Rates</dt>
          <dd>
            {Object.entries(policy.rates).map(([metric, rate]) => (
              <div key={metric}>
                {unitsText(BigInt(rate), unitDecimals)} for 1 {metricText(metric)}
              </div>
            ))}
          </dd>
          {policy.oracle !== undefined && (
            <>
              <dt>Rates by quote</dt>
              <dd>
                {Object.entries(policy.oracle.bounds).map(([metric, { min, max }]) => (
                  <div key={metric}>
                    {showUnits(BigInt(min), unitDecimals)} to {showUnits(BigInt(max), unitDecimals)} units for 1{' '}
                    {metricText(metric)}
                  </div>
                ))}
                <div>
                  signed by {policy.oracle.threshold ?? 1} of {policy.oracle.signers.length}, at most{' '}
                  {grouped(String(policy.oracle.maxAgeSeconds))} s old; else the rates above
                </div>
              </dd>
            </>
          )}
          <dt>A call takes at most</dt>
          <dd>
            {policy.caps.unitsPerCall !== undefined && (
              <div>{unitsText(BigInt(policy.caps.unitsPerCall), unitDecimals)}</div>
            )}
            {policy.caps.inputTokensPerCall !== undefined && (
              <div>{grouped(String(policy.caps.inputTokensPerCall))} input tokens</div>
            )}
            <div>{grouped(String(policy.caps.outputTokensPerCall))} output tokens</div>
          </dd>
          {policy.caps.windows !== undefined && (
            <>
              <dt>A channel takes at most</dt>
              <dd>
                {policy.caps.windows.map((window) => (
                  <div key={window.seconds}>{windowText(window, unitDecimals)}</div>
                ))}
              </dd>
            </>
          )}
          {policy.surfaces !== undefined && (
            <>
              <dt>Served</dt>
              <dd>{policy.surfaces.join(', ')}</dd>
            </>
          )}
          {policy.hours !== undefined && (
            <>
              <dt>Hours (UTC)</dt>
              <dd>
                {policy.hours.map(({ days, from, until }) => (
                  <div key={`${days?.join()}${from}${until}`}>
                    {days === undefined ? 'every day' : days.join(', ')} {from} to {until}
                  </div>
                ))}
              </dd>
            </>
          )}
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
                {showPrice(
                  {
                    asset: policy.price.asset,
                    numerator: BigInt(policy.price.numerator),
                    denominator: BigInt(policy.price.denominator),
                  },
                  unitDecimals,
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

function windowText(
  { seconds, units, requests }: NonNullable<Policy['caps']['windows']>[number],
  unitDecimals: number,
): string {
  const limits = [
    ...(units === undefined ? [] : [unitsText(BigInt(units), unitDecimals)]),
    ...(requests === undefined ? [] : [`${grouped(String(requests))} calls`]),
  ];
  return `${limits.join(' and ')} ${seconds === 60 ? 'a minute' : seconds === 3600 ? 'an hour' : 'a day'}`;
}
