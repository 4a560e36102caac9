import { encodeSignedReceipt, hashReceipt, splitSeq, type ReceiptCheck } from '@kedge/core';
import { metricText } from '../../data/metricText.js';
import { keccak256 } from '../../data/keccak256.js';
import { Copyable } from '../../ui/Copyable.js';
import { grouped, showMoment } from '../../ui/format.js';
import { Icon } from '../../ui/icons.js';
import type { FinishedCall } from './streamChat.js';
import { verdictsOf } from './verdictsOf.js';

const names: Readonly<Record<ReceiptCheck['name'], string>> = {
  path: 'Path to the signed root',
  signature: 'Signature of the operator',
  units: 'Units follow from the policy',
  cumulative: 'Sum of the channel',
  chain: 'Follows the receipt before it',
  body: 'Exact bytes',
  channel: 'Channel on chain',
  anchor: 'Anchored on chain',
};

/** A receipt, what it costs, and every check that this browser made of it. */
export function ReceiptCard({
  call,
  checks,
  isLost,
}: {
  call: FinishedCall;
  checks: readonly ReceiptCheck[] | undefined;
  /** It could not be checked when that was last tried. */
  isLost: boolean;
}) {
  const { receipt } = call.receipt;
  const { epoch, counter } = splitSeq(receipt.seq);
  return (
    <details className="receipt">
      <summary>
        <span className="row">
          {checks === undefined ? (
            <span className="pill">
              {isLost ? (
                'Receipt not checked'
              ) : (
                <>
                  <span className="spinner" /> Checking the receipt
                </>
              )}
            </span>
          ) : (
            verdictsOf(checks).map(({ text, tone }, index) => (
              <span key={text} className={tone === 'open' ? 'pill' : `pill ${tone}`}>
                {index === 0 && <Icon name={tone === 'good' ? 'check' : 'cross'} size={14} />}
                {text}
              </span>
            ))
          )}
        </span>
        <span className="row small muted">
          {receipt.metrics.map(({ metric, amount }) => (
            <span key={metric}>
              {metric === 'rate_quote' ? `by rate quote ${amount}` : `${grouped(String(amount))} ${metricText(metric)}`}
            </span>
          ))}
          <strong>{grouped(String(receipt.units))} base units</strong>
        </span>
      </summary>
      <ul className="checks">
        {checks?.map(({ name, ok, detail }) => (
          <li key={`${name}/${detail}`} data-ok={ok}>
            <Icon name={ok ? 'check' : 'cross'} size={16} />
            <span>
              <strong>{names[name]}</strong>
              <span className="detail">{detail}</span>
            </span>
          </li>
        ))}
      </ul>
      <dl className="facts">
        <dt>Number</dt>
        <dd>
          {String(counter)} of epoch {String(epoch)}
        </dd>
        <dt>Issued</dt>
        <dd>{showMoment(receipt.issuedAt)}</dd>
        <dt>Receipt hash</dt>
        <dd>
          <Copyable value={hashReceipt(receipt, keccak256)} label="receipt hash" />
        </dd>
        <dt>Signed by</dt>
        <dd>
          <Copyable value={call.receipt.signer} label="address of the signer" />
        </dd>
        <dt>Whole receipt</dt>
        <dd>
          <Copyable value={encodeSignedReceipt(call.receipt)} label="receipt, for kedge verify" />
        </dd>
      </dl>
    </details>
  );
}
