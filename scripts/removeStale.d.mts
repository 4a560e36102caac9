export function removeStale(packages: string): void;
