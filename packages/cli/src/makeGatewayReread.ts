/** A gateway reads its channels file again when it meets a key that it does not know. One that is down reads it at its start. */
export async function makeGatewayReread(gatewayUrl: string): Promise<void> {
  const headers = { authorization: 'Bearer kedge-channels-changed' };
  await fetch(`${gatewayUrl}/models`, { headers, signal: AbortSignal.timeout(10_000) }).then(
    (response) => response.body?.cancel(),
    () => undefined,
  );
}
