export function underLock<value>(
  file: string,
  work: () => Promise<value>,
  onWait: (owner: string) => void,
): Promise<value>;
