import {
  type Attributes,
  context,
  isSpanContextValid,
  propagation,
  SpanKind,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import { BaseError, type Measured, type SignedReceipt } from '@kedge/core';
import type { HeaderFields } from '../http1/parseHead.js';
import type { CommitInput } from '../ledger/receiptBatcher.js';
import type { OpenedRequest, Surface } from '../surfaces/surface.js';

/** What a trace is told of one call, as it goes. Never prompts, answers or keys. */
export type CallSpan = {
  readonly opened: (request: OpenedRequest) => void;
  readonly reserved: () => void;
  readonly upstreamAnswered: () => void;
  readonly charged: (input: CommitInput, measured: Measured) => void;
  readonly durable: (signed: SignedReceipt | undefined) => void;
  /** Of an answer that broke off after it had begun. */
  readonly failed: (error: unknown) => void;
};

export type Traces = {
  /** Runs a call in a span of its own, below the span that its `traceparent` header names. */
  readonly trace: (surface: Surface, headers: HeaderFields, work: (span: CallSpan) => Promise<void>) => Promise<void>;
};

/**
 * Spans of calls by the semantic conventions of OpenTelemetry for generative AI: one span a call, whose events are the steps
 * of metering. Where they go, and how many are kept, is for the OpenTelemetry SDK that the process was started with.
 *
 * @param upstreamUrl Where the calls are sent on to.
 */
export function createTraces(upstreamUrl: string): Traces {
  const tracer: Tracer = trace.getTracer('@kedge/gateway');
  const { hostname, port, protocol } = new URL(upstreamUrl);
  const server = {
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
  return {
    trace: async (surface, headers, work) => {
      const operation = operations[surface.path] ?? surface.name;
      const parent = propagation.extract(context.active(), headers, headersGetter);
      const span = tracer.startSpan(
        operation,
        {
          kind: SpanKind.CLIENT,
          attributes: { 'gen_ai.operation.name': operation, 'gen_ai.provider.name': surface.dialect, ...server },
        },
        parent,
      );
      const failed = (error: unknown): void => {
        span.setAttribute('error.type', (error instanceof BaseError ? error.code : undefined) ?? '_OTHER');
        span.setStatus({ code: SpanStatusCode.ERROR });
      };
      try {
        await work({
          failed,
          opened: (request) => {
            span.updateName(`${operation} ${request.model}`);
            span.setAttributes(requestAttributes(request));
          },
          reserved: () => span.addEvent('kedge.reserved'),
          upstreamAnswered: () => span.addEvent('kedge.upstream_answered'),
          charged: (input, measured) => {
            span.addEvent('kedge.charged');
            span.setAttributes(chargeAttributes(input, measured));
          },
          durable: (signed) => {
            span.addEvent('kedge.receipt_durable');
            if (signed !== undefined) span.setAttribute('kedge.receipt.seq', signed.receipt.seq.toString());
          },
        });
      } catch (error) {
        failed(error);
        throw error;
      } finally {
        span.end();
      }
    },
  };
}

/** Whether an SDK takes the spans. Without one they go nowhere. */
export function isTracing(): boolean {
  return isSpanContextValid(trace.getTracer('@kedge/gateway').startSpan('start').spanContext());
}

/** `gen_ai.operation.name`: the conventions' own where they have one. */
const operations: Readonly<Record<string, string>> = {
  '/chat/completions': 'chat',
  '/responses': 'chat',
  '/messages': 'chat',
  '/completions': 'text_completion',
  '/embeddings': 'embeddings',
};

const headersGetter = {
  keys: (headers: HeaderFields): string[] => [...headers.keys()],
  get: (headers: HeaderFields, name: string): string | undefined => headers.get(name),
};

function requestAttributes({ model, quote, isStream }: OpenedRequest): Attributes {
  return {
    'gen_ai.request.model': model,
    ...(quote.outputCap === 0 ? {} : { 'gen_ai.request.max_tokens': quote.outputCap }),
    ...(quote.choices === 1 ? {} : { 'gen_ai.request.choice.count': quote.choices }),
    'kedge.stream': isStream,
    'kedge.units.reserved': quote.worstUnits.toString(),
  };
}

function chargeAttributes({ channelId, classId, units }: CommitInput, { counts }: Measured): Attributes {
  return {
    'gen_ai.usage.input_tokens': counts.inputTokens,
    'gen_ai.usage.output_tokens': counts.outputTokens,
    'kedge.channel.id': channelId,
    'kedge.class.id': classId.toString(),
    'kedge.units': units.toString(),
  };
}
