// Longest first: the first that fits is cut off.
const endings = (
  'izations ization ational fulness ations ements ingly ation ators ement ments ances ences ition ator ment ance ence ' +
  'able ible ings edly ness ions ing ers ion ies ied ity ed er es ly al s e y'
).split(' ');

// Forms that cutting does not bring together. DAT in capitals, so that it does not meet the stem of "date".
const irregular = new Map<string, string>(
  Object.entries({
    break: 'broke broken',
    build: 'built',
    buy: 'bought',
    choose: 'chose chosen',
    DAT: 'dat dats',
    die: 'died dies',
    get: 'got gotten',
    give: 'gave given',
    hold: 'held',
    keep: 'kept',
    lose: 'lost',
    make: 'made',
    pay: 'paid',
    prove: 'proof proven',
    run: 'ran',
    sell: 'sold',
    send: 'sent',
    spend: 'spent',
    steal: 'stole stolen',
    take: 'taken took',
    use: 'used using',
    write: 'wrote written',
  }).flatMap(([base, forms]) => forms.split(' ').map((form): [string, string] => [form, base])),
);

/** Cuts an English word, in lower case, to what its inflected forms have in common. Two passes of suffix stripping. */
export function stem(word: string): string {
  return cut(cut(irregular.get(word) ?? word));
}

function cut(word: string): string {
  if (!/^[a-z]+$/.test(word) || word.endsWith('ss')) return word;
  for (const ending of endings) {
    if (!word.endsWith(ending)) continue;
    const rest = word.slice(0, -ending.length);
    if (rest.length < 3 || !/[aeiouy]/.test(rest)) continue;
    return ending === 'ies' || ending === 'ied' ? rest : undouble(rest);
  }
  return word;
}

function undouble(word: string): string {
  return /([bdfgklmnprt])\1$/.test(word) && word.length > 4 ? word.slice(0, -1) : word;
}
