import type { StructuredLog } from '../structuredLog.js';
import type { Traces } from './createTraces.js';

/** Traces as the configuration asks for them; OpenTelemetry is not loaded before. */
export async function openTraces(upstreamUrl: string, log: StructuredLog): Promise<Traces> {
  const { createTraces, isTracing } = await import('./createTraces.js');
  if (!isTracing()) {
    log.warn('traces_without_sdk', { hint: 'Start the process with an OpenTelemetry SDK: node --import <its setup>.' });
  }
  return createTraces(upstreamUrl);
}
