import { readFile, stat } from 'node:fs/promises';
import { BaseError, type ChannelRecord, parseChannelRecords } from '@kedge/core';

/** The file that the command line writes. */
export type ChannelsFile = {
  /** Whether it is another than was read last. One that cannot be looked at is: `read` says why. */
  readonly isChanged: () => Promise<boolean>;
  /**
   * What it says, if it changed; undefined if not. None without a file: the first channel will bring it.
   * @throws BaseError `channels_file_invalid`, or why it cannot be read, once for each change; why it cannot be looked at, each time.
   */
  readonly readIfChanged: () => Promise<readonly ChannelRecord[] | undefined>;
};

export function openChannelsFile(path: string): ChannelsFile {
  // Of what was read last, valid or not; undefined: no file.
  let readAt: string | undefined = 'nothing yet';
  // Of what could not be read when that was last tried.
  let failedAt: string | undefined;
  /** What this process cannot read, having too many files open, it reads later: a key may have been revoked. */
  const read = async (version: string): Promise<string | undefined> => {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      if (version === failedAt) return undefined;
      failedAt = version;
      throw error;
    }
  };
  return {
    isChanged: async () => (await versionOf(path).catch(() => undefined)) !== readAt,
    readIfChanged: async () => {
      const version = await versionOf(path);
      if (version === readAt) return undefined;
      const text = version === undefined ? '[]' : await read(version);
      if (text === undefined) return undefined;
      // Before it is parsed: a file that is not valid is reported once, not every second.
      readAt = version;
      return parseChannelRecords(parseJson(text, path));
    },
  };
}

async function versionOf(path: string): Promise<string | undefined> {
  try {
    const { mtimeMs, ctimeMs, size, ino } = await stat(path);
    // A file that may be read from now on has only its `ctime` changed.
    return `${mtimeMs}/${ctimeMs}/${size}/${ino}`;
  } catch (error) {
    // No file yet.
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new BaseError('The channels file is not JSON.', { code: 'channels_file_invalid', cause, values: { path } });
  }
}
