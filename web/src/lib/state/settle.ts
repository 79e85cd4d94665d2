import { sendAgain } from '$lib/api';
import { unanswered } from '$lib/api/keys';
import { asProblem } from '$lib/api/problem';
import { m } from '$lib/paraglide/messages';
import { toasts } from './toasts.svelte';
import { walletState } from './wallet.svelte';

/**
 * Asks again, under the same keys, for money acts that were sent before a reload and never answered.
 * The server replays what it did, or does it now, or says no: each happens at most once.
 */
export async function settleUnanswered(): Promise<void> {
  const open = unanswered();
  for (const call of open) {
    try {
      await sendAgain(call.path, call.body);
      toasts.add({ tone: 'good', text: m.settled_done(), href: '/bills' });
    } catch (thrown) {
      if (!asProblem(thrown).definite) continue; // Still unknown: asked again at the next start.
      toasts.add({ tone: 'warning', text: m.settled_refused() });
    }
  }
  if (open.length > 0) await walletState.refresh();
}
