import { createHash } from 'node:crypto';

/** One change of one place in one source: bytes `start` to `end` become `replacement`. */
export type Mutant = {
  /** Names the change within its function: it stays while the function's text stays. */
  readonly id: string;
  readonly file: string;
  /** What it is in: `Contract.function`, a free function, or the name of a constant. */
  readonly within: string;
  /** Where the text of `within` starts: functions that overload one name differ in it. */
  readonly declaredAt: number;
  readonly line: number;
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly replacement: string;
};

/** Where a mutant is: the declaration around it, and its file. */
export type Place = {
  readonly file: string;
  readonly source: Buffer;
  readonly within: string;
  readonly start: number;
  readonly end: number;
};

/** A mutant of the bytes `start` to `end` of the place's source. */
export function mutantAt(place: Place, operator: string, start: number, end: number, replacement: string): Mutant {
  const text = place.source.subarray(place.start, place.end).toString('utf8');
  const parts = [place.file, place.within, text, String(start - place.start), String(end - start), replacement];
  return {
    id: createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 16),
    file: place.file,
    within: place.within,
    declaredAt: place.start,
    line: place.source.subarray(0, start).toString('utf8').split('\n').length,
    operator,
    start,
    end,
    original: place.source.subarray(start, end).toString('utf8'),
    replacement,
  };
}

/** The mutated source. */
export function applyMutant(source: Buffer, mutant: Mutant): Buffer {
  return Buffer.concat([
    source.subarray(0, mutant.start),
    Buffer.from(mutant.replacement),
    source.subarray(mutant.end),
  ]);
}
