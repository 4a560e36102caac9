import { addressSchema, parseWith, policySchema } from '@kedge/core';
import * as z from 'zod';
import { gatewayConfigSchema } from '../gatewayConfig.js';

/** A class and those it builds on, each with its part of the class's revenue. */
export type ShadowClass = {
  readonly name: string;
  readonly parents: readonly { readonly royaltyBasisPoints: number; readonly of: ShadowClass }[];
};

const basisPoints = z.int().min(0).max(10_000);

const classSchema: z.ZodType<ShadowClass> = z.lazy(() =>
  z
    .strictObject({
      name: z.string().min(1).max(100),
      parents: z
        .array(z.strictObject({ royaltyBasisPoints: basisPoints, of: classSchema }))
        .max(64)
        .default([]),
    })
    .refine(
      ({ parents }) => parents.reduce((sum, { royaltyBasisPoints }) => sum + royaltyBasisPoints, 0) <= 10_000,
      'expected royalties of at most 10,000 basis points together',
    ),
);

const { dataDir, host, port, adminPort, upstream, contentionWaitMs, maxRequestBytes, maxAnswerBytes, drainMs } =
  gatewayConfigSchema.shape;

/** The configuration of shadow mode: an upstream, and the terms on which it would be sold. No chain, no keys. */
const shadowConfigSchema = z.strictObject({
  /** Where the counts are kept between two runs. */
  dataDir,
  host,
  port,
  adminPort,
  upstream,
  contentionWaitMs,
  maxRequestBytes,
  maxAnswerBytes,
  drainMs,
  /** As of a gateway, where the URL may be left out, and the chain and ValueChannels contract that quotes are signed for. */
  rateQuotes: gatewayConfigSchema.shape.rateQuotes
    .unwrap()
    .partial({ url: true })
    .extend({ chainId: z.int().positive(), contract: addressSchema })
    .exactOptional(),
  policy: policySchema,
  /** The operator's part of each sale, before royalties. */
  operatorBasisPoints: basisPoints.default(2_000),
  class: classSchema,
});

export type ShadowConfig = z.output<typeof shadowConfigSchema>;
export type ShadowConfigInput = z.input<typeof shadowConfigSchema>;

/**
 * Reads a configuration of shadow mode.
 * @throws BaseError `gateway_config_invalid`, naming the fields.
 */
export function parseShadowConfig(value: unknown): ShadowConfig {
  return parseWith(shadowConfigSchema, value, {
    what: "The shadow gateway's configuration",
    code: 'gateway_config_invalid',
  });
}
