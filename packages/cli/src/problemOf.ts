import { z } from 'zod';

const problemSchema = z.object({
  title: z.string().optional(),
  detail: z.string().optional(),
  hints: z.array(z.string()).nonempty().optional(),
  values: z.record(z.string(), z.unknown()).optional(),
});

/** What Problem Details say; nothing when something else answered, such as a proxy. */
export function problemOf(body: string): z.output<typeof problemSchema> {
  try {
    return problemSchema.safeParse(JSON.parse(body)).data ?? {};
  } catch {
    // It is not JSON: whoever answered knows nothing of Problem Details.
    return {};
  }
}
