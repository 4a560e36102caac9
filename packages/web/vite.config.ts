import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // Works below any path: pages are named after the #.
  base: './',
  plugins: [react()],
  // Workspace packages are built from their sources, so that nothing has to be built before.
  resolve: { conditions: ['source', 'module', 'browser', 'import', 'default'] },
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    chunkSizeWarningLimit: 700,
    modulePreload: { polyfill: false },
    manifest: true,
  },
});
