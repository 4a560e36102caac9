export const howToInstall: string;
export function findChromium(environment?: NodeJS.ProcessEnv): string | undefined;
export function ensureChromium(environment?: NodeJS.ProcessEnv): string | undefined;
