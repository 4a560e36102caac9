import type { Hex } from '@kedge/core';
import { linkTo } from '../../app/router.js';
import { useAssets } from '../../data/useAssets.js';
import { Changing } from '../../ui/Changing.js';
import { EmptyState } from '../../ui/EmptyState.js';
import { wordsOf } from '../../ui/ErrorState.js';
import { showUnits, unitsText } from '../../ui/format.js';
import { Skeleton } from '../../ui/Skeleton.js';
import { useChannelNumbers } from './useChannelNumbers.js';
import type { Turn } from './useChat.js';

/** The value that calls are paid from, going down, and what its class and those above it keep of them, going up. */
export function ChannelPanel({ channelId, turns }: { channelId: Hex | undefined; turns: readonly Turn[] }) {
  const { data, error } = useChannelNumbers(channelId);
  const { show, say } = useAssets(data === undefined ? [] : [data.asset]);
  if (channelId === undefined) {
    return (
      <section className="card">
        <EmptyState title="No channel yet">The first receipt says which channel pays.</EmptyState>
      </section>
    );
  }
  if (data === undefined) {
    return (
      <section className="card stack" aria-busy="true">
        <h2>Value left</h2>
        {error === null ? <Skeleton height={210} /> : <p className="callout bad">{wordsOf(error).message}</p>}
      </section>
    );
  }
  const { channel, capturedUnits, unitDecimals, earners, operator, open, asset } = data;
  const receipted = turns.reduce((most, { call }) => {
    const used = call?.receipt.receipt.channelId === channelId ? call.receipt.receipt.cumulativeUnits : 0n;
    return used > most ? used : most;
  }, 0n);
  const used = receipted > capturedUnits ? receipted : capturedUnits;
  const left = channel.cap > used ? channel.cap - used : 0n;
  const pending = used - capturedUnits;
  return (
    <section className="card stack" aria-labelledby="value-title">
      <div className="row between">
        <h2 id="value-title">Value left</h2>
        <span className={open ? 'pill good' : 'pill'}>{open ? 'Channel open' : 'Channel closed'}</span>
      </div>
      {error !== null && <p className="callout warn">The chain does not answer now: this is what it said last.</p>}
      <div>
        <Changing className="big-number" value={showUnits(left, unitDecimals)} />
        <span className="muted"> of {unitsText(channel.cap, unitDecimals)}</span>
        <meter
          className="meter"
          min={0}
          max={1}
          value={Number((left * 10_000n) / channel.cap) / 10_000}
          aria-label="Part of the value that is left"
        />
        <p className="small muted">
          {showUnits(used, unitDecimals)} used, of which {showUnits(pending, unitDecimals)} wait for the next batch on
          chain.
        </p>
      </div>
      <div className="earners">
        <h3>Who earns</h3>
        <dl>
          {earners.map(({ classId, kind, kept }, index) => (
            <div key={String(classId)}>
              <dt>
                <a href={linkTo('class', classId)}>Class {String(classId)}</a>{' '}
                <span className={`pill ${kind}`}>{kind}</span>
                {index > 0 && <span className="small muted"> parent</span>}
              </dt>
              <dd className="number">
                <Changing value={say(asset, kept, 9)}>{show(asset, kept, 9)}</Changing>
              </dd>
            </div>
          ))}
          <div>
            <dt>
              Operator’s cut <span className="small muted">not withdrawn</span>
            </dt>
            <dd className="number">
              <Changing value={say(asset, operator.owed, 9)}>{show(asset, operator.owed, 9)}</Changing>
            </dd>
          </div>
        </dl>
      </div>
    </section>
  );
}
