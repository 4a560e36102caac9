type Action<client> = (client: client, ...parameters: never[]) => unknown;

type Bound<action> = action extends (client: never, ...parameters: infer parameters) => infer result
  ? (...parameters: parameters) => result
  : never;

/** Actions that know their client already. */
export type BoundActions<actions> = { readonly [name in keyof actions]: Bound<actions[name]> };

/** Gives each action its client. */
export function bindActions<client, actions extends Readonly<Record<string, Action<client>>>>(
  actions: actions,
  client: client,
): BoundActions<actions> {
  const bound = Object.entries(actions).map(([name, action]) => [
    name,
    (...parameters: never[]) => action(client, ...parameters),
  ]);
  return Object.fromEntries(bound) as BoundActions<actions>;
}
