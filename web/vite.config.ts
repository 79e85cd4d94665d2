import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, loadEnv } from 'vite';

/** The way from the first byte to a usable home. */
const HOME = /routes[/\\](\+layout|\(in\)[/\\](\+layout|home[/\\]\+page))/;

export default defineConfig(({ mode }) => ({
  plugins: [
    paraglideVitePlugin({
      project: './project.inlang',
      outdir: './src/lib/paraglide',
      // The locale is a rune of ours (lib/state/preferences), so the runtime needs no strategy of its own.
      strategy: ['globalVariable', 'baseLocale'],
    }),
    sveltekit(),
  ],
  environments: {
    client: {
      build: {
        rolldownOptions: {
          output: {
            // The home and all it needs come in one file: sixty small ones compress and travel worse.
            codeSplitting: { groups: [{ name: 'home', test: HOME }] },
          },
        },
      },
    },
  },
  server: { proxy: { '/api': loadEnv(mode, '.', 'TAEL_').TAEL_API ?? 'http://localhost:8000' } },
}));
