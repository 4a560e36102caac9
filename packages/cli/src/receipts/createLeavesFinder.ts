import { BaseError } from '@kedge/core';
import { createContentStore, fileCidOf, type ContentStore } from '@kedge/store';
import { readGivenFile } from '../files/readGivenFile.js';
import { briefText } from '../human.js';

/** The published leaves of a root, which are what their CID names; or why there are none, or what came in their place. */
type FoundLeaves = { readonly bytes: Uint8Array } | { readonly missing: string } | { readonly wrong: string };

export type FindLeaves = (cid: string) => Promise<FoundLeaves>;

// More than a gateway serves.
const mostBytes = 16 * 1024 * 1024;
const timeoutMs = 20_000;
const longestCid = 80;

/**
 * Looks for the leaves of anchored roots: in the content store, in what was given, then at gateways. Whom they come from does not
 * matter, because their bytes are held against the CID that is on chain.
 *
 * @param options.given Files and URLs of leaves. One that is no leaves of the root asked for is wrong, where no other has them.
 * @param options.gatewayUrls Base URLs, which end in /v1.
 */
export async function createLeavesFinder(options: {
  readonly storeDir: string;
  readonly cwd: string;
  readonly given: readonly string[];
  readonly gatewayUrls: readonly string[];
}): Promise<FindLeaves> {
  const store = createContentStore({ dir: options.storeDir });
  const given = await Promise.all(
    options.given.map(async (from) => {
      const bytes = isUrl(from) ? await fetchGiven(from) : await readGivenFile(options.cwd, from);
      return { from, bytes, cid: await fileCidOf(bytes) };
    }),
  );

  return async (cid) => {
    const stored = await readStored(store, cid);
    if (stored !== undefined) return stored;
    const named = given.find((each) => each.cid === cid);
    if (named !== undefined) return { bytes: named.bytes };
    let wrong = given.length === 0 ? undefined : describeWrong(given[0]!.from, given[0]!.cid, cid);
    let missing = `its leaves (${cid}) are not in this content store`;
    for (const gatewayUrl of options.gatewayUrls) {
      const url = `${gatewayUrl.replace(/\/+$/, '')}/anchors/${cid}`;
      const fetched = await fetchBytes(url);
      if ('failure' in fetched) {
        missing = `its leaves (${cid}) are not at hand: ${fetched.failure}`;
        continue;
      }
      const found = await fileCidOf(fetched.bytes);
      if (found === cid) return { bytes: fetched.bytes };
      wrong ??= describeWrong(url, found, cid);
    }
    return wrong === undefined ? { missing } : { wrong };
  };
}

/** Undefined where the content store does not have them. The CID is the operator's word, who may have anchored anything. */
async function readStored(store: ContentStore, cid: string): Promise<FoundLeaves | undefined> {
  try {
    return { bytes: await store.getBytes(cid, { most: mostBytes }) };
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
    // A damaged block is as good as none: what is looked for elsewhere is checked just the same.
    if (error.code === 'block_missing' || error.code === 'block_corrupt') return undefined;
    return { wrong: `what it names as the CID of its leaves names no file: ${briefText(cid, longestCid)}` };
  }
}

function describeWrong(from: string, found: string, cid: string): string {
  return `${from} is not its leaves: they have CID ${cid}, this has ${found}`;
}

function isUrl(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** What somebody named must be there. */
async function fetchGiven(url: string): Promise<Uint8Array> {
  const fetched = await fetchBytes(url);
  if ('bytes' in fetched) return fetched.bytes;
  throw new BaseError(`The leaves cannot be had: ${fetched.failure}.`, {
    code: 'leaves_unreachable',
    kind: 'transient',
    hints: ['Try again, or pass a file of them.'],
  });
}

async function fetchBytes(url: string): Promise<{ readonly bytes: Uint8Array } | { readonly failure: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    if (!response.ok || response.body === null) return { failure: `${url} answers ${response.status}` };
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const part of response.body) {
      parts.push(part);
      bytes += part.length;
      if (bytes > mostBytes) return { failure: `${url} answers with more than ${mostBytes} bytes` };
    }
    return { bytes: Buffer.concat(parts) };
  } catch {
    return { failure: `${url} does not answer` };
  }
}
