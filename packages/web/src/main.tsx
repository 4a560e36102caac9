import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import './styles/layout.css';
import './styles/parts.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.js';
import { loadConfig } from './app/loadConfig.js';
import { StartFailure } from './app/StartFailure.js';

const root = createRoot(document.getElementById('root')!);

loadConfig(new URL('config.json', document.baseURI)).then(
  (config) =>
    root.render(
      <StrictMode>
        <App config={config} />
      </StrictMode>,
    ),
  (error: unknown) => root.render(<StartFailure error={error} />),
);
