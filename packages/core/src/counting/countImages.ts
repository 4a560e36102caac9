import { listOf } from '../jsonValues.js';
import type { ImagesRequest } from '../requests/imagesRequest.js';

/**
 * Images that a request asks for.
 *
 * @example
 * imagesAsked(parseImagesRequest({ model: 'demo', prompt: 'A kedge', n: 3 })); // 3
 */
export function imagesAsked({ n }: ImagesRequest): number {
  return n ?? 1;
}

/**
 * Images that an answer brings, of those that were asked for.
 *
 * @example
 * const images = imagesCame(answer, imagesAsked(parseImagesRequest(JSON.parse(text))));
 */
export function imagesCame({ data }: Readonly<Record<string, unknown>>, asked: number): number {
  return Math.min(listOf(data).length, asked);
}
