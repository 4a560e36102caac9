const longest = 16;

/**
 * What an ERC-20 asset may be called by what its contract says, which anyone may have written: in one short line, in which
 * nothing steers a terminal or turns the text around it. Undefined where it says nothing that shows, or calls itself ETH,
 * which no contract is: call it by its address.
 *
 * @example
 * assetSymbol('USDC') ?? '0x0b306b…';
 */
export function assetSymbol(said: string): string | undefined {
  const characters = [...said.trim().replace(/\p{C}/gu, '\ufffd')];
  const symbol = characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`;
  const shown = symbol.normalize('NFKC').replace(/[\s\ufffd]/gu, '');
  return shown === '' || shown.toUpperCase() === 'ETH' ? undefined : symbol;
}
