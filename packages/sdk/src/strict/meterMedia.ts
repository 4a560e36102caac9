import {
  imagesAsked,
  imagesCame,
  noCounts,
  wavSeconds,
  type Counts,
  type ImagesRequest,
  type Policy,
  type SpeechRequest,
  type TranscriptionFields,
} from '@kedge/core';
import { createCallMeter, silentReader, type CallMeter } from './createCallMeter.js';

/** A form that asks for audio to be read. */
export type TranscriptionForm = { readonly fields: TranscriptionFields; readonly file: Uint8Array };

/** Begins the count of images: no more of them than came are paid, and none before. */
export function meterImages(policy: Policy, request: ImagesRequest): CallMeter {
  const asked = imagesAsked(request);
  // Without any image it is no answer, and costs nothing.
  let came: Counts | undefined;
  return createCallMeter(
    policy,
    { path: '/images/generations', input: noCounts, worst: { ...noCounts, images: asked } },
    {
      ...silentReader,
      addAnswer: (answer) => {
        const images = imagesCame(answer, asked);
        came = images === 0 ? undefined : { ...noCounts, images };
      },
      came: () => came,
    },
  );
}

/** Begins the count of speech: a request. */
export function meterSpeech(policy: Policy, _request: SpeechRequest): CallMeter {
  return createCallMeter(policy, { path: '/audio/speech', input: noCounts }, silentReader);
}

/** Begins the count of a transcription or translation: a request, and the file's bytes and seconds. */
export function meterTranscription(policy: Policy, { file }: TranscriptionForm): CallMeter {
  // A file whose seconds cannot be told is refused by a gateway that charges for them, and nothing is paid for them here.
  const input = { ...noCounts, seconds: wavSeconds(file) ?? 0, bytes: file.length };
  return createCallMeter(policy, { path: '/audio/transcriptions', input }, silentReader);
}
