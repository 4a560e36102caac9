/** Changed together with what the tables and functions below mean. */
export const sharedLedgerFormat = 'kedge-shared-ledger/5';

/** Where everything is: a schema of its own, so that the database may hold other things. */
export const sharedLedgerSchema = 'kedge_gateway';

/** SQLSTATEs that the functions below raise. */
export const raised = { lapsed: 'KL001', lost: 'KL002', answered: 'KL003' } as const;

/**
 * What the gateways of one operator share. Every rule that must hold however they die or sleep is here, in the functions
 * that change rows; times are the database's own.
 */
export const schemaSql = `
create schema kedge_gateway;
set local search_path = kedge_gateway;

create table ledger (
  only_one boolean primary key default true check (only_one),
  format text not null, operator text not null, chain_id bigint not null, contract text not null,
  epoch integer not null default 0
);
-- One row for each run of a gateway.
create table gateway (
  epoch integer primary key, url text, started_at timestamptz not null default now(), lease_until timestamptz not null
);
-- holder: the only run that may add receipts, and only in this epoch of the channel.
create table channel (
  channel_id bytea primary key, holder integer references gateway, epoch integer not null default 0,
  -- Numbers of receipts have 64 bits, and none for a sign: a bigint has no place for those from December 2040 on.
  units numeric(20) not null default 0, seq numeric(20) not null default 0,
  receipt_hash bytea not null default decode(repeat('00', 32), 'hex'),
  -- Use within the current minute, hour and day, as the holder keeps it: for the policy's caps.
  windows jsonb not null default '[]'
);
create index channel_holder on channel (holder) where holder is not null;
create table batch (
  epoch integer, batch bigint, root bytea not null, record bytea not null, anchored boolean not null default false,
  primary key (epoch, batch)
);
create index batch_unanchored on batch (epoch, batch) where not anchored;
-- Which batch a channel's receipts from first_seq to last_seq are in.
create table receipts (
  channel_id bytea, first_seq numeric(20), last_seq numeric(20) not null, epoch integer not null, batch bigint not null,
  primary key (channel_id, first_seq), check (last_seq >= first_seq)
);
create table answer (
  channel_id bytea, key_sha256 bytea, at timestamptz not null, payload bytea not null,
  primary key (channel_id, key_sha256)
);
create index answer_at on answer (at);
create table key_use (
  channel_id bytea, key_sha256 bytea, units numeric(20) not null, primary key (channel_id, key_sha256)
);
create index key_use_key on key_use (key_sha256);
-- id: in the order in which they were kept last.
create table voucher (
  id bigint generated always as identity, channel_id bytea, units numeric(20), record bytea not null,
  primary key (channel_id, units)
);
-- Payments for calls, and channels that they opened, in the order in which gateways read them.
create table top_up (
  id bigint generated always as identity primary key, name text not null unique, record bytea not null
);
create table transaction (
  id bigint generated always as identity primary key, hash bytea not null unique, nonce bigint not null,
  record bytea not null, anchors jsonb not null, state text not null default 'sent', why text
);
-- One nonce never has two transactions in flight, whoever believes to be the one that captures.
create unique index transaction_nonce on transaction (nonce) where state <> 'dropped';
create index transaction_sent on transaction (nonce) where state = 'sent';

-- Above the last, and never below the minutes since 2025: a database that was restored to an earlier moment does not know
-- what was numbered since. The 24 bits of an epoch last until 2056.
create function next_epoch(p_last integer) returns integer language sql as $$
  select greatest(p_last + 1, case when minutes < 16777216 then minutes else 0 end)::integer
    from (select floor(extract(epoch from clock_timestamp() - timestamptz '2025-01-01 00:00:00Z') / 60) as minutes) as t
$$;

create function start_gateway(p_lease_ms integer) returns integer language sql as $$
  with next as (update kedge_gateway.ledger set epoch = kedge_gateway.next_epoch(epoch) returning epoch)
  insert into kedge_gateway.gateway (epoch, lease_until)
    select epoch, clock_timestamp() + p_lease_ms * interval '1 ms' from next returning epoch
$$;

-- The channel's place: a url is that of the run which holds it; without holder_epoch the caller holds it now, in channel_epoch.
-- A channel that continues another is where its root is: whoever holds the root may take it.
create function hold_channel(p_channel bytea, p_root bytea, p_gateway integer, p_anew boolean)
returns table (
  holder_epoch integer, holder_url text, channel_epoch integer, units numeric, seq numeric, receipt_hash bytea, windows jsonb
)
language plpgsql as $$
declare
  c kedge_gateway.channel;
  h kedge_gateway.gateway;
begin
  perform 1 from kedge_gateway.gateway g where g.epoch = p_gateway and g.lease_until > clock_timestamp();
  if not found then raise exception 'the lease of gateway % has lapsed', p_gateway using errcode = 'KL001'; end if;
  if p_root <> p_channel then
    return query select t.* from kedge_gateway.hold_channel(p_root, p_root, p_gateway, false) as t
      where t.holder_epoch is not null;
    if found then return; end if;
  end if;
  -- First without a lock, which is a write: each call that is passed on asks.
  select * into c from kedge_gateway.channel t where t.channel_id = p_channel;
  if not found then
    insert into kedge_gateway.channel (channel_id) values (p_channel) on conflict do nothing;
  elsif c.holder <> p_gateway and p_root = p_channel then
    return query select g.epoch, g.url, c.epoch, c.units, c.seq, c.receipt_hash, c.windows
      from kedge_gateway.gateway g where g.epoch = c.holder and g.lease_until > clock_timestamp();
    if found then return; end if;
  end if;
  select * into strict c from kedge_gateway.channel t where t.channel_id = p_channel for update;
  if c.holder is distinct from p_gateway and p_root = p_channel then
    select * into h from kedge_gateway.gateway g where g.epoch = c.holder and g.lease_until > clock_timestamp();
    if found then
      return query select h.epoch, h.url, c.epoch, c.units, c.seq, c.receipt_hash, c.windows;
      return;
    end if;
  end if;
  if c.holder is distinct from p_gateway or p_anew then
    c.epoch := kedge_gateway.next_epoch(c.epoch);
    update kedge_gateway.channel t set holder = p_gateway, epoch = c.epoch where t.channel_id = p_channel;
  end if;
  return query select null::integer, null::text, c.epoch, c.units, c.seq, c.receipt_hash, c.windows;
end $$;

-- All of a batch or nothing. Made again with the same batch, it does nothing. One element for each channel of the batch:
-- the epoch that the caller holds it in; the receipt that its first one here follows, and how many units they are; then what
-- they come to.
create function commit_batch(
  p_gateway integer, p_batch bigint, p_root bytea, p_record bytea,
  p_channels bytea[], p_epochs integer[], p_before bytea[], p_used numeric[],
  p_first numeric[], p_last numeric[], p_units numeric[], p_hashes bytea[], p_windows jsonb[],
  p_answer_channels bytea[], p_answer_keys bytea[], p_answers bytea[],
  p_use_channels bytea[], p_use_keys bytea[], p_use_units numeric[]
) returns void language plpgsql as $$
declare
  known bytea;
  lost text;
begin
  insert into kedge_gateway.batch (epoch, batch, root, record) values (p_gateway, p_batch, p_root, p_record)
    on conflict do nothing;
  if not found then
    select root into known from kedge_gateway.batch where epoch = p_gateway and batch = p_batch;
    if known = p_root then return; end if;
    raise exception 'batch %/% is there with another root', p_gateway, p_batch;
  end if;
  with given as (
    select * from unnest(p_channels, p_epochs, p_before, p_used, p_first, p_last, p_units, p_hashes, p_windows)
      as t (channel_id, epoch, before, used, first_seq, last_seq, units, receipt_hash, windows)
  ), moved as (
    update kedge_gateway.channel c set units = g.units, seq = g.last_seq, receipt_hash = g.receipt_hash, windows = g.windows
      from given g
      where c.channel_id = g.channel_id and c.holder = p_gateway and c.epoch = g.epoch and c.seq < g.first_seq
        and c.receipt_hash = g.before and c.units + g.used = g.units
      returning c.channel_id
  )
  select string_agg(encode(g.channel_id, 'hex'), ',') into lost
    from given g where not exists (select from moved m where m.channel_id = g.channel_id);
  if lost is not null then raise exception 'channels are held elsewhere' using errcode = 'KL002', detail = lost; end if;
  insert into kedge_gateway.receipts (channel_id, first_seq, last_seq, epoch, batch)
    select channel_id, first_seq, last_seq, p_gateway, p_batch
      from unnest(p_channels, p_first, p_last) as t (channel_id, first_seq, last_seq);
  insert into kedge_gateway.key_use as k (channel_id, key_sha256, units)
    select channel_id, key, sum(units) from unnest(p_use_channels, p_use_keys, p_use_units) as t (channel_id, key, units)
      group by channel_id, key
    on conflict (channel_id, key_sha256) do update set units = k.units + excluded.units;
  if cardinality(p_answers) > 0 then
    insert into kedge_gateway.answer as a (channel_id, key_sha256, at, payload)
      select channel_id, key, clock_timestamp(), payload
        from unnest(p_answer_channels, p_answer_keys, p_answers) as t (channel_id, key, payload)
      on conflict (channel_id, key_sha256) do update set at = excluded.at, payload = excluded.payload
        where a.at < clock_timestamp() - interval '24 hours';
    get diagnostics lost = row_count;
    if lost::integer <> cardinality(p_answers) then
      raise exception 'a key has an answer already' using errcode = 'KL003';
    end if;
  end if;
end $$;

-- The newest few, the highest, and the one that pays for the receipts, however many are ahead of these.
create function keep_voucher(p_channel bytea, p_units numeric, p_record bytea) returns void language sql as $$
  delete from kedge_gateway.voucher v where v.channel_id = p_channel and v.id < (
    select min(t.id) from (
      select id from kedge_gateway.voucher where channel_id = p_channel order by id desc limit 16
    ) as t) and v.units < (
    select max(units) from kedge_gateway.voucher where channel_id = p_channel
    ) and v.units is distinct from (
    select max(t.units) from kedge_gateway.voucher t join kedge_gateway.channel c using (channel_id)
      where t.channel_id = p_channel and t.units <= c.units);
  insert into kedge_gateway.voucher (channel_id, units, record) values (p_channel, p_units, p_record)
    on conflict (channel_id, units) do update set id = default
$$;

-- One after another, so that who has read up to an id has read all before it.
create function keep_top_up(p_name text, p_record bytea) returns void language plpgsql as $$
begin
  lock table kedge_gateway.top_up in exclusive mode;
  insert into kedge_gateway.top_up (name, record) values (p_name, p_record) on conflict do nothing;
end $$;

create function end_transaction(p_hash bytea, p_state text, p_why text) returns void language sql as $$
  with ended as (
    update kedge_gateway.transaction set state = p_state, why = p_why where hash = p_hash returning anchors
  )
  update kedge_gateway.batch b set anchored = (p_state = 'confirmed')
    from ended, jsonb_to_recordset(ended.anchors) as a (epoch integer, "firstBatch" bigint, "lastBatch" bigint)
    where b.epoch = a.epoch and b.batch between a."firstBatch" and a."lastBatch"
$$;
`;
