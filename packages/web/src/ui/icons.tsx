import type { ReactNode } from 'react';

const paths = {
  check: <path d="m4.5 10.5 3.6 3.6 7.4-8.2" />,
  cross: <path d="m5.5 5.5 9 9m0-9-9 9" />,
  copy: (
    <>
      <rect x="7" y="7" width="9" height="9" rx="2" />
      <path d="M4.6 12.6A1.6 1.6 0 0 1 4 11.4V5.6A1.6 1.6 0 0 1 5.6 4h5.8a1.6 1.6 0 0 1 1.2.6" />
    </>
  ),
  sun: (
    <>
      <circle cx="10" cy="10" r="3.4" />
      <path d="M10 2.5v1.6M10 15.9v1.6M2.5 10h1.6M15.9 10h1.6M4.7 4.7l1.1 1.1M14.2 14.2l1.1 1.1M15.3 4.7l-1.1 1.1M5.8 14.2l-1.1 1.1" />
    </>
  ),
  moon: <path d="M16.5 11.8A7 7 0 0 1 8.2 3.5a7 7 0 1 0 8.3 8.3Z" />,
  search: (
    <>
      <circle cx="9" cy="9" r="5" />
      <path d="m13 13 4 4" />
    </>
  ),
  wallet: (
    <>
      <rect x="3" y="5.5" width="14" height="10.5" rx="2" />
      <path d="M3 8.5h14M13.5 12.2h.8" />
    </>
  ),
  warning: <path d="M10 3.5 2.8 16.2h14.4L10 3.5Zm0 5v3.6m0 2.1v.3" />,
  empty: <path d="M3.5 11.5 5.8 4.7h8.4l2.3 6.8v4h-13v-4Zm0 0h3.8l1 2h3.4l1-2h3.8" />,
  down: <path d="m5.5 8 4.5 4.5L14.5 8" />,
  send: <path d="M16.5 3.5 9 11M16.5 3.5l-4.8 13L9 11 3.5 8.3l13-4.8Z" />,
  external: <path d="M8 5H5v10h10v-3M11 4.5h4.5V9M15.2 4.8 9 11" />,
  download: <path d="M10 3.5v9m0 0 3.5-3.5M10 12.5 6.5 9M4 16.5h12" />,
} satisfies Record<string, ReactNode>;

export type IconName = keyof typeof paths;

/** A drawing beside a word; it says nothing that the word does not. */
export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      viewBox="0 0 20 20"
      width={size}
      height={size}
      fill="none"
      stroke="currentColor"
      strokeWidth="1.6"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      {paths[name]}
    </svg>
  );
}
