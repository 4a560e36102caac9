import { Suspense, useEffect, useRef } from 'react';
import { lazyPart } from './lazyPart.js';
import { LagBanner } from '../ui/LagBanner.js';
import { PageSkeleton } from '../ui/Skeleton.js';
import { WalletMenu } from '../wallet/WalletMenu.js';
import { WrongNetworkBanner } from '../wallet/WrongNetworkBanner.js';
import { useConfig } from './configContext.js';
import { ErrorBoundary } from './ErrorBoundary.js';
import { linkTo, pages, useRoute, type Route } from './router.js';
import { keepPlaces, openedAt } from './wayBack.js';
import { SameChain } from './SameChain.js';
import { ThemeButton } from './ThemeButton.js';

const ExplorePage = lazyPart(() => import('../pages/explore/ExplorePage.js'), 'ExplorePage');
const ClassPage = lazyPart(() => import('../pages/class/ClassPage.js'), 'ClassPage');
const TokensPage = lazyPart(() => import('../pages/tokens/TokensPage.js'), 'TokensPage');
const EarningsPage = lazyPart(() => import('../pages/earnings/EarningsPage.js'), 'EarningsPage');
const OperatorPage = lazyPart(() => import('../pages/operator/OperatorPage.js'), 'OperatorPage');
const TryPage = lazyPart(() => import('../pages/try/TryPage.js'), 'TryPage');

/** Header, present page, footer. */
export function Shell() {
  const route = useRoute();
  const config = useConfig();
  const main = useRef<HTMLElement>(null);
  const key = route.page === 'class' ? `class/${route.classId}` : route.page;
  const shown = useRef(key);
  const title = `${titleOf(route)} · Kedge`;
  useEffect(() => {
    document.title = title;
    if (shown.current === key) return;
    const place = openedAt(key, shown.current);
    shown.current = key;
    // A reader of the screen hears of the new page, and the keyboard goes on from its top.
    main.current?.focus({ preventScroll: true });
    window.scrollTo(0, place);
  }, [key, title]);
  useEffect(() => keepPlaces(() => shown.current), []);
  return (
    <div className="shell">
      <a className="button primary skip-link" href={`#main`} onClick={(event) => skip(event, main.current)}>
        Skip to content
      </a>
      <header className="header">
        <WrongNetworkBanner />
        <LagBanner />
        <div className="header-row">
          <a className="brand" href={linkTo('explore')}>
            <img src="./icon.svg" width="28" height="28" alt="" />
            Kedge
          </a>
          <nav className="nav" aria-label="Pages">
            {Object.entries(pages).map(([page, name]) => (
              <a
                key={page}
                href={linkTo(page as keyof typeof pages)}
                aria-current={
                  route.page === page || (page === 'explore' && route.page === 'class') ? 'page' : undefined
                }
              >
                {name}
              </a>
            ))}
          </nav>
          <div className="header-tools">
            <ThemeButton />
            <WalletMenu />
          </div>
        </div>
      </header>
      <main className="main" id="main" ref={main} tabIndex={-1}>
        <ErrorBoundary key={key}>
          <SameChain>
            <Suspense fallback={<PageSkeleton />}>
              <Page route={route} />
            </Suspense>
          </SameChain>
        </ErrorBoundary>
      </main>
      <footer className="footer">
        <span>
          {config.chainName ?? `Chain ${config.chainId}`} · chain id {config.chainId}
        </span>
        <span>Everything shown here can be read from the chain by anyone.</span>
      </footer>
    </div>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case 'explore':
      return <ExplorePage />;
    case 'class':
      return <ClassPage classId={route.classId} />;
    case 'tokens':
      return <TokensPage />;
    case 'earnings':
      return <EarningsPage />;
    case 'operator':
      return <OperatorPage />;
    case 'try':
      return <TryPage />;
    case 'missing':
      return (
        <div className="page">
          <h1>There is no such page</h1>
          <p>
            <a href={linkTo('explore')}>Explore the classes</a> instead.
          </p>
        </div>
      );
  }
}

function titleOf(route: Route): string {
  if (route.page === 'class') return `Class ${route.classId}`;
  return route.page === 'missing' ? 'No such page' : pages[route.page];
}

function skip(event: { preventDefault(): void }, main: HTMLElement | null): void {
  event.preventDefault();
  main?.focus();
}
