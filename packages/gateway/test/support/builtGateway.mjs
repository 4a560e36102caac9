import { bundleFolder, isBundleFresh } from '../../../cli/bin/bundled.js';

/**
 * Loads what processes of tests run from the bundle while that is of what is built, else what the compiler wrote. The bundle starts
 * in a third of the time, and tests start gateways and their workers hundreds of times.
 */
export function importBuilt(inBundle, ofCompiler) {
  return import(
    isBundleFresh() ? new URL(inBundle, bundleFolder) : new URL(`../../dist/${ofCompiler}`, import.meta.url)
  );
}
