/** The JSON behind an `ipfs://` URI, from the content store that the configuration names; undefined where it is not at hand. */
export async function readDocument(contentUrl: string | undefined, uri: string): Promise<unknown> {
  const cid = /^ipfs:\/\/([a-z0-9]+)$/.exec(uri)?.[1];
  if (cid === undefined || contentUrl === undefined) return undefined;
  const response = await fetch(`${contentUrl}/${cid}`);
  return response.ok ? ((await response.json()) as unknown) : undefined;
}
