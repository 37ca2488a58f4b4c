import { cpSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig } from 'vite';

const here = import.meta.dirname;

/** One entry for every page, and one per custom element, so that a page loads what it shows. */
export default defineConfig({
  root: here,
  base: '/static/',
  plugins: [
    {
      // Not for the pages: typst sets the issued PDF and PNG in it, and a bare server has no font.
      name: 'report-font',
      closeBundle: () =>
        cpSync(
          resolve(here, 'node_modules/@expo-google-fonts/noto-sans-sc/400Regular'),
          resolve(here, 'dist/fonts'),
          { recursive: true },
        ),
    },
  ],
  publicDir: false,
  build: {
    outDir: resolve(here, 'dist'),
    emptyOutDir: true,
    manifest: 'manifest.json',
    modulePreload: false,
    // Older Chromium shells are common in offices; CSS such as light-dark() is lowered for them.
    target: ['chrome111', 'edge111', 'firefox114', 'safari16.4'],
    rollupOptions: {
      input: {
        main: resolve(here, 'main.ts'),
        'line-chart': resolve(here, 'elements/line-chart/index.ts'),
        'parcel-map': resolve(here, 'elements/parcel-map/index.ts'),
        'chain-map': resolve(here, 'elements/chain-map/index.ts'),
      },
    },
  },
});
