const endings = [
  'izations', 'ization', 'ational', 'fulness', 'ations', 'ements', 'ingly', 'ation', 'ators', 'ement', 'ments', 'ances',
  'ences', 'ition', 'ator', 'ment', 'ance', 'ence', 'able', 'ible', 'ings', 'edly', 'ness', 'ions', 'ing', 'ers', 'ion',
  'ies', 'ied', 'ity', 'ed', 'er', 'es', 'ly', 'al', 's', 'e', 'y',
] as const;

const irregular = new Map([
  ['paid', 'pay'], ['spent', 'spend'], ['bought', 'buy'], ['sold', 'sell'], ['kept', 'keep'], ['held', 'hold'],
  ['lost', 'lose'], ['built', 'build'], ['chosen', 'choose'], ['chose', 'choose'], ['taken', 'take'], ['took', 'take'],
  ['gave', 'give'], ['given', 'give'], ['wrote', 'write'], ['written', 'write'], ['ran', 'run'], ['sent', 'send'],
  ['stole', 'steal'], ['stolen', 'steal'], ['proof', 'prove'], ['proven', 'prove'], ['broke', 'break'],
  ['broken', 'break'], ['made', 'make'], ['used', 'use'], ['using', 'use'], ['dat', 'DAT'], ['dats', 'DAT'], ['got', 'get'], ['gotten', 'get'], ['died', 'die'], ['dies', 'die'],
]); // prettier-ignore

/** Cuts an English word, in lower case, to what its inflected forms have in common. Two passes of suffix stripping. */
export function stem(word: string): string {
  const base = irregular.get(word) ?? word;
  return cut(cut(base));
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
