import { type SignedReceipt, signedRateQuoteToJson } from '@kedge/core';

/**
 * What core's `encodeSignedReceipt` gives, held equal to it by a test, but written out: every field is hexadecimal digits, a
 * decimal number or a metric's label, so nothing needs escaping. This runs for every answer.
 */
export function receiptText({ receipt, batch, path, signature, signer, salt, rateQuote }: SignedReceipt): string {
  const metrics = receipt.metrics.map(({ metric, amount }) => `{"metric":"${metric}","amount":"${amount}"}`);
  const json =
    `{"receipt":{"channelId":"${receipt.channelId}","tokenId":"${receipt.tokenId}","classId":"${receipt.classId}",` +
    `"policyHash":"${receipt.policyHash}","seq":"${receipt.seq}","requestHash":"${receipt.requestHash}",` +
    `"responseHash":"${receipt.responseHash}","metrics":[${metrics.join(',')}],"units":"${receipt.units}",` +
    `"cumulativeUnits":"${receipt.cumulativeUnits}","previousReceiptHash":"${receipt.previousReceiptHash}",` +
    `"issuedAt":"${receipt.issuedAt}"},"batch":{"operator":"${batch.operator}","epoch":"${batch.epoch}",` +
    `"batch":"${batch.batch}","root":"${batch.root}"},"path":[${path.length === 0 ? '' : `"${path.join('","')}"`}],` +
    `"signature":"${signature}","signer":"${signer}","salt":"${salt}"${quoteText(rateQuote)}}`;
  return Buffer.from(json, 'latin1').toString('base64url');
}

function quoteText(rateQuote: SignedReceipt['rateQuote']): string {
  return rateQuote === undefined ? '' : `,"rateQuote":${JSON.stringify(signedRateQuoteToJson(rateQuote))}`;
}
