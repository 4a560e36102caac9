const everywhere = /^http:\/\/(?:0\.0\.0\.0|\[::\])(?=[:/]|$)/;

/** Where this machine reaches what listens at a URL: what listens on all addresses, on the loopback one. */
export function reachedUrl(url: string): string {
  return url.replace(everywhere, () => 'http://127.0.0.1');
}

/** Says so of what listens on all addresses; of what listens on one, its URL says it. */
export function listeningLines(url: string): string[] {
  return everywhere.test(url)
    ? [`it listens on ${new URL(url).host}: other machines reach it by this one's address`]
    : [];
}
