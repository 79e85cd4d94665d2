import { paraglideVitePlugin } from '@inlang/paraglide-js';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, loadEnv } from 'vite';

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
  server: { proxy: { '/api': loadEnv(mode, '.', 'TAEL_').TAEL_API ?? 'http://localhost:8000' } },
}));
