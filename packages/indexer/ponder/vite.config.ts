import { pathToFileURL } from 'node:url';

// Read by the Vite that Ponder builds this app with, at every start. It makes that start several seconds shorter.

type Resolve = (source: string, importer: string | undefined, options: object) => Promise<{ id: string } | null>;

const prefix = 'native:';
/** Where the packages are that Node loads, and what it loaded: the app's modules reach it through this global. */
const files = new Map<string, string>();
const loaded: Record<string, object> = {};
(globalThis as Record<string, unknown>)['KEDGE_NATIVE'] = loaded;

/**
 * Ponder's build takes a file below a folder `esm` for one that Node cannot load, and transforms it: all of Ponder's GraphQL
 * server, some 350 files. Node loads them as they are.
 */
const loadByNode = {
  name: 'load-by-node',
  enforce: 'pre',
  async resolveId(this: { resolve: Resolve }, source: string, importer: string | undefined, options: object) {
    if (!/^[@a-z]/.test(source) || source.startsWith(prefix)) return null;
    const found = await this.resolve(source, importer, { ...options, skipSelf: true });
    // Node and Vite choose different files of this package; a schema of the one is none to the other.
    if (source === 'graphql' && found !== null) return { ...found, id: found.id.replace(/\.mjs$/, '.js') };
    // Ponder's own modules know the app's by names that only its build resolves.
    if (found === null || !/\/node_modules\/(?!.*\/node_modules\/)(?!ponder\/).*\/esm\/.*\.js$/.test(found.id))
      return found;
    files.set(source, found.id);
    return `${prefix}${source}`;
  },
  async load(id: string) {
    const file = id.startsWith(prefix) ? files.get(id.slice(prefix.length)) : undefined;
    if (file === undefined) return null;
    const module = (await import(pathToFileURL(file).href)) as object;
    loaded[id] = module;
    const names = Object.keys(module).filter((name) => name !== 'default');
    return `export const { ${names.join(', ')} } = globalThis.KEDGE_NATIVE[${JSON.stringify(id)}];`;
  },
};

export default {
  plugins: [loadByNode],
  // The packages of a workspace, too, are Node's to load, by their links in node_modules.
  resolve: { preserveSymlinks: true },
};
