/** A metric as it is read: cached_input_tokens is cached input tokens. */
export function metricText(metric: string): string {
  return metric.replaceAll('_', ' ');
}
