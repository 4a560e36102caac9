import { createContentStore } from '@kedge/store';
import { isApiKeyRevoked, keepApiKey } from './apiKey.js';
import { createChain } from './chain.js';
import { createServices, type Services } from './createServices.js';
import { dashboardFolder, startDashboard, type Dashboard } from './dashboard.js';
import type { DataPaths } from '../files/dataPaths.js';
import { gatewayFilesOf } from '../gateway/gatewayFiles.js';
import { demoModel } from './demoTerms.js';
import { writeDurably } from '../files/durableFile.js';
import { findAnvil } from './findAnvil.js';
import { writeGatewayFiles } from './writeGatewayFiles.js';
import { type OtherUpstream, upstreamModels } from './otherUpstream.js';
import { agentProgram, gatewayProgram, indexerProgram } from './programs.js';
import { requireServedModel } from './requireServedModel.js';
import { setUp, type SetUp } from './setUp.js';
import { remarkOnDocs } from './steps/anchorDocs.js';
import { upFileOf } from './upFileOf.js';
import type { StepTime, UpView } from './upScreen.js';
import type { UpState } from './upState.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts everything, in order, and writes `.kedge/up.json`. Resolves when the gateway serves. */
export async function startStack(options: {
  paths: DataPaths;
  state: UpState;
  upstream: OtherUpstream | undefined;
  models: readonly string[];
  workers: number | 'auto';
  withIndexer: boolean;
  environment: Environment;
  note: (line: string) => void;
  onFailed: (error: unknown) => void;
  /** Hears of the services before the first one runs. */
  onServices: (services: Services) => void;
  /** Hears of the dashboard when it serves; it is served by this process. */
  onDashboard: (dashboard: Dashboard) => void;
  /** Throws when starting should go no further. */
  checkStop: () => void;
}): Promise<{ upFile: object; view: Omit<UpView, 'dataDir' | 'command'> }> {
  const { paths, state, upstream, workers, environment, note, checkStop } = options;
  const { ports } = state;
  const times: StepTime[] = [];
  const startedAt = performance.now();
  const timed = async <T>(label: string, work: () => Promise<T>): Promise<T> => {
    checkStop();
    const began = performance.now();
    const result = await work();
    const milliseconds = performance.now() - began;
    times.push({ label, milliseconds });
    note(`${label.padEnd(18)}${(milliseconds / 1000).toFixed(1)} s`);
    return result;
  };

  const chain = createChain({ paths, port: ports.chain, anvil: findAnvil(environment), environment, note });
  let made: SetUp | undefined;
  const whenMade = (): SetUp => {
    if (made === undefined) throw new Error('a service was started before setting up was done');
    return made;
  };
  const models = async (): Promise<readonly string[]> => {
    if (upstream === undefined) return [demoModel];
    return options.models.length > 0 ? options.models : upstreamModels(upstream, environment);
  };
  const manifest = `${paths.agent}/manifest.json`;
  const services = createServices({
    paths,
    chain,
    note,
    onFailed: options.onFailed,
    agentCommand: () => agentProgram({ paths, port: ports.agent, manifests: [manifest], environment }),
    gatewayCommand: () => gatewayProgram({ paths, ports, ...whenMade().deployment, upstream, workers, environment }),
    indexerCommand: () => indexerProgram({ paths, ports, ...whenMade().deployment, environment }),
  });
  options.onServices(services);

  await timed('chain', () => services.chain.start());
  // The agent reads the anchored docs while the rest is set up.
  let agentStarting: Promise<void> | undefined;
  const startAgent = async (manifestCid: string): Promise<void> => {
    const json = await createContentStore({ dir: paths.store }).getJson(manifestCid);
    writeDurably(manifest, `${JSON.stringify(json)}\n`);
    await timed('built-in upstream', () => services.agent.start());
  };
  try {
    made = await setUp({
      paths,
      state,
      rpcUrl: chain.url,
      save: chain.save,
      timed,
      onDocs: ({ manifestCid }) => {
        if (upstream !== undefined) return;
        agentStarting = startAgent(manifestCid);
        // It may fail long before it is waited for, which must not count as an error that nobody caught.
        agentStarting.catch(() => undefined);
      },
      models,
    });
    // Asked again: an upstream may have other models than when the folder was set up.
    requireServedModel({ policy: made.policy, root: paths.root, upstream, offered: await models() });
    await writeGatewayFiles(paths, keepApiKey(paths.apiKey), made);
    await timed('gateway', () => services.gateway.start());
  } catch (error) {
    // Services are stopped in turn: one that is still starting is waited for, whatever becomes of it.
    await agentStarting?.catch(() => undefined);
    throw error;
  }
  await agentStarting;
  checkStop();
  const apiKey = keepApiKey(paths.apiKey);
  const folder = dashboardFolder();
  const indexerUrl = options.withIndexer ? `http://127.0.0.1:${ports.indexer}` : undefined;
  const upFile = upFileOf(paths, ports, apiKey, made, {
    dashboard: folder !== undefined,
    indexer: options.withIndexer,
  });
  if (folder !== undefined) {
    const store = createContentStore({ dir: paths.store });
    options.onDashboard(await startDashboard({ folder, port: ports.dashboard, up: upFile, indexerUrl, store }));
  }
  writeDurably(paths.upFile, `${JSON.stringify(upFile, null, 2)}\n`);
  const view: Omit<UpView, 'dataDir' | 'command'> = {
    gatewayUrl: upFile.gatewayUrl,
    apiKey,
    rpcUrl: upFile.rpcUrl,
    indexerUrl,
    dashboardUrl: folder === undefined ? undefined : `http://127.0.0.1:${ports.dashboard}`,
    chainId: upFile.chainId,
    models: made.policy.models,
    docsClass: made.docs,
    agentClass: made.agent,
    deadline: made.channel.deadline,
    milliseconds: performance.now() - startedAt,
    times,
    remarks: await remarksOn(made, paths, apiKey, upstream),
  };
  return { upFile: { ...upFile, times }, view };
}

async function remarksOn(
  made: SetUp,
  paths: DataPaths,
  apiKey: string,
  upstream: OtherUpstream | undefined,
): Promise<string[]> {
  const remarks: string[] = [];
  if (!made.channelIsOpen)
    remarks.push('The channel of this key is closed. kedge channel open makes another, with a key of its own.');
  if (isApiKeyRevoked(gatewayFilesOf(paths).channels, apiKey))
    remarks.push('This key was revoked. kedge key create makes another.');
  const onDocs = upstream === undefined ? await remarkOnDocs(made.docs, paths.agent) : undefined;
  if (onDocs !== undefined) remarks.push(onDocs);
  return remarks;
}
