import type { AnchorProgress } from '@kedge/store';
import { humanBytes } from '../human.js';
import type { Output } from '../output.js';
import { plainText } from '../plainText.js';

/** Shows how far reading is: a line rewritten on a terminal, plain lines now and then elsewhere. */
export function anchorProgress(
  output: Output,
  verb: string,
): { onProgress: (progress: AnchorProgress) => void; done: () => void } {
  const progress = output.progress();
  const begun = performance.now();
  return {
    onProgress({ bytesDone, bytesTotal, file }) {
      const percent = bytesTotal === 0 ? 100 : Math.floor((bytesDone / bytesTotal) * 100);
      const rate = bytesDone / Math.max(1, performance.now() - begun);
      const done = `${verb} ${humanBytes(bytesDone)} of ${humanBytes(bytesTotal)} (${percent} %, ${humanBytes(rate * 1000)}/s)`;
      progress.update(`${done} ${plainText(file)}`);
    },
    done: () => progress.done(),
  };
}
