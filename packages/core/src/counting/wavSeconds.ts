import { bytesToHex } from '../hex.js';

// The letters RIFF, WAVE, fmt and data as numbers: of a hostile file's millions of chunks, texts would take a second.
const [riff, wave, fmt, data] = [0x52494646, 0x57415645, 0x666d7420, 0x64617461];
const pcm = 1;
const extensible = 0xfffe;
// What the samples of an extensible file are: PCM, or floating point, of the family of identifiers that old formats have.
const sampleFormats = ['01', '03'].map((digits) => `0x${digits}00000000001000800000aa00389b71`);

/**
 * Whole seconds, rounded up, of a RIFF WAVE file with PCM samples; undefined for anything else, and for a file that says twice
 * what its samples are. Told from the samples that are there, not from the length that the file's head claims.
 *
 * @example
 * const seconds = wavSeconds(await readFile('speech.wav'));
 */
export function wavSeconds(file: Uint8Array): number | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < 12 || view.getUint32(0) !== riff || view.getUint32(8) !== wave) return undefined;
  let bytesPerSecond: number | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const id = view.getUint32(at);
    const length = view.getUint32(at + 4, true);
    const start = at + 8;
    if (id === fmt && length >= 16 && start + 16 <= file.length) {
      const format = view.getUint16(start, true);
      const channels = view.getUint16(start + 2, true);
      const samplesPerSecond = view.getUint32(start + 4, true);
      const bits = view.getUint16(start + 14, true);
      // Decoders take the first of two; a file may not be longer to them than it is here.
      if (bytesPerSecond !== undefined) return undefined;
      const isOfSamples =
        format === pcm ||
        (format === extensible &&
          sampleFormats.includes(bytesToHex(file.subarray(start + 24, start + Math.min(length, 40)))));
      if (!isOfSamples || channels === 0 || samplesPerSecond === 0 || bits === 0) return undefined;
      bytesPerSecond = samplesPerSecond * channels * Math.ceil(bits / 8);
    } else if (id === data) {
      // Some readers take all that follows for samples, whatever the length says.
      return bytesPerSecond === undefined ? undefined : Math.ceil((file.length - start) / bytesPerSecond);
    }
    at = start + length + (length % 2);
  }
  return undefined;
}
