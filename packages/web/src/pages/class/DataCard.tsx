import { isJsonObject, type ClassDetail } from '@kedge/core';
import { Copyable } from '../../ui/Copyable.js';
import { showMoment } from '../../ui/format.js';
import { HashCheck } from './HashCheck.js';

/** The class's metadata: Croissant's card for a dataset, and whether it is what the chain says. */
export function DataCard({ detail }: { detail: ClassDetail }) {
  const { metadata, metadataURI, integrityHash, createdAt } = detail;
  const card = (typeof metadata === 'object' ? metadata : null) as Record<string, unknown> | null;
  const files = Array.isArray(card?.['distribution'])
    ? (card['distribution'] as unknown[]).filter(
        (item) => isJsonObject(item) && item['@type'] === 'cr:FileObject' && item['@id'] !== 'folder',
      )
    : [];
  return (
    <section className="card stack" aria-labelledby="card-title">
      <div className="row between">
        <h2 id="card-title">Data card</h2>
        {card !== null && <HashCheck document={card} hash={integrityHash} />}
      </div>
      <dl className="facts">
        <Fact name="Description" value={text(card?.['description'])} />
        <Fact name="Creators" value={names(card?.['creator'])} />
        <Fact name="Published" value={text(card?.['datePublished'])} />
        <Fact name="Licence" value={text(card?.['license'])} />
        <Fact name="Keywords" value={texts(card?.['keywords'])} />
        {files.length > 0 && (
          <>
            <dt>Files</dt>
            <dd>
              {files.length}:{' '}
              <bdi>
                {files
                  .slice(0, 6)
                  .map((file) => text((file as Record<string, unknown>)['name']) ?? 'unnamed')
                  .join(', ')}
              </bdi>
              {files.length > 6 && ' …'}
            </dd>
          </>
        )}
        <Fact name="Models" value={texts(card?.['models'])} />
        <dt>Anchored</dt>
        <dd>{showMoment(createdAt)}</dd>
        <dt>Metadata at</dt>
        <dd>{metadataURI === '' ? 'nowhere' : <Copyable value={metadataURI} label="address of the metadata" />}</dd>
        <dt>Integrity hash</dt>
        <dd>
          <Copyable value={integrityHash} label="integrity hash" />
        </dd>
      </dl>
      {card === null ? (
        <p className="callout">The metadata is not at hand: it may be on IPFS, or kept by the issuer.</p>
      ) : (
        <details className="small">
          <summary>The whole document</summary>
          <pre className="document" tabIndex={0}>
            {JSON.stringify(card, null, 2)}
          </pre>
        </details>
      )}
    </section>
  );
}

/** What the issuer wrote, in any script; nothing where it says nothing. */
function Fact({ name, value }: { name: string; value: string | undefined }) {
  if (value === undefined) return null;
  return (
    <>
      <dt>{name}</dt>
      <dd dir="auto">{value}</dd>
    </>
  );
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function texts(value: unknown): string | undefined {
  const list = Array.isArray(value) ? value.flatMap((each) => text(each) ?? []) : [];
  return list.length === 0 ? undefined : list.join(', ');
}

function names(value: unknown): string | undefined {
  const list = [value].flat().flatMap((each) => text((each as { name?: unknown } | undefined)?.name) ?? []);
  return list.length === 0 ? undefined : list.join(', ');
}
