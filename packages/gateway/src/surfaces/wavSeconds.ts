const pcm = 1;
const extensible = 0xfffe;

/**
 * Whole seconds, rounded up, of a RIFF WAVE file with PCM samples; undefined for anything else. Told from the samples that are
 * there, not from the length that the file's head claims.
 */
export function wavSeconds(file: Buffer): number | undefined {
  if (file.length < 12 || file.toString('latin1', 0, 4) !== 'RIFF' || file.toString('latin1', 8, 12) !== 'WAVE') {
    return undefined;
  }
  let bytesPerSecond: number | undefined;
  for (let at = 12; at + 8 <= file.length;) {
    const id = file.toString('latin1', at, at + 4);
    const length = file.readUInt32LE(at + 4);
    const start = at + 8;
    if (id === 'fmt ' && length >= 16 && start + 16 <= file.length) {
      const format = file.readUInt16LE(start);
      const channels = file.readUInt16LE(start + 2);
      const samplesPerSecond = file.readUInt32LE(start + 4);
      const bits = file.readUInt16LE(start + 14);
      if ((format !== pcm && format !== extensible) || channels === 0 || samplesPerSecond === 0 || bits === 0)
        return undefined;
      bytesPerSecond = samplesPerSecond * channels * Math.ceil(bits / 8);
    } else if (id === 'data') {
      // Some readers take all that follows for samples, whatever the length says.
      return bytesPerSecond === undefined ? undefined : Math.ceil((file.length - start) / bytesPerSecond);
    }
    at = start + length + (length % 2);
  }
  return undefined;
}
