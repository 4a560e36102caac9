import { readdirSync } from 'node:fs';
import { format, parse } from 'node:path';

/** One file of the log, which is divided so that none grows for ever. */
export type Segment = {
  /** How many bytes of the log are before it. Places in the log are counted from its begin, across files. */
  readonly base: number;
  readonly path: string;
};

/** What is made of a segment when the next one has begun: an index of it, or the state of the ledger at its begin. */
export type BesideSegment = 'index' | 'checkpoint';

/** The first segment is where the log itself is said to be; the others have their base in their name. */
export function segmentAt(log: string, base: number): Segment {
  return { base, path: base === 0 ? log : named(log, base, parse(log).ext) };
}

/** Where what belongs to the segment that begins at `base` is. */
export function besideSegment(log: string, base: number, what: BesideSegment): string {
  return named(log, base, `.${what}`);
}

/** The log's segments that are there, in order. */
export function listSegments(log: string): Segment[] {
  return basesOf(log, parse(log).ext).map((base) => segmentAt(log, base));
}

/** The newest segment that is there of those that begin at `offset` or before. */
export function segmentHolding(log: string, offset: number): Segment | undefined {
  const base = basesOf(log, parse(log).ext).findLast((one) => one <= offset);
  return base === undefined ? undefined : segmentAt(log, base);
}

/** The bases of the segments that something is there for, in order. */
export function listBeside(log: string, what: BesideSegment): number[] {
  return basesOf(log, `.${what}`);
}

function basesOf(log: string, ext: string): number[] {
  const { dir, name, base: first } = parse(log);
  return readdirSync(dir)
    .flatMap((file) => {
      if (file === first && parse(log).ext === ext) return 0;
      const parsed = parse(file);
      const digits = parsed.ext === ext && parsed.name.startsWith(`${name}-`) ? parsed.name.slice(name.length + 1) : '';
      return /^\d{16}$/.test(digits) ? Number(digits) : [];
    })
    .toSorted((one, other) => one - other);
}

function named(log: string, base: number, ext: string): string {
  const { dir, name } = parse(log);
  return format({ dir, name: `${name}-${String(base).padStart(16, '0')}`, ext });
}
