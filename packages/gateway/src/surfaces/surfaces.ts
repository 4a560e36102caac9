import { audioSpeech } from './audioSpeech.js';
import { audioTranscriptions, audioTranslations } from './audioTranscriptions.js';
import { chatCompletions } from './chatCompletions.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { imageGenerations } from './imageGenerations.js';
import { messages } from './messages.js';
import { responses } from './responses.js';
import type { Surface } from './surface.js';

const all = [
  chatCompletions,
  completions,
  responses,
  messages,
  embeddings,
  audioSpeech,
  audioTranscriptions,
  audioTranslations,
  imageGenerations,
];

/** Everything that is metered, by its path. What is not here does not exist. */
export const surfaces: ReadonlyMap<string, Surface> = new Map(all.map((surface) => [`/v1${surface.path}`, surface]));
