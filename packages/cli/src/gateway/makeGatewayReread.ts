/**
 * A gateway reads its channels file again when it meets a key that it does not know. Answers whether one
 * did: one that is down reads it at its start, one that was not reached within seconds.
 */
export async function makeGatewayReread(gatewayUrl: string): Promise<boolean> {
  const headers = { authorization: 'Bearer kedge-channels-changed' };
  const asking = fetch(`${gatewayUrl}/models`, { headers, signal: AbortSignal.timeout(10_000) });
  return asking.then(
    async (response) => {
      await response.body?.cancel();
      return true;
    },
    () => false,
  );
}
