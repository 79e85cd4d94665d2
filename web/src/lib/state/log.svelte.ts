import type { Seen } from '$lib/log/memory';

/** Whether the bank's log still holds what this browser saw of it. */
class LogState {
  /** The checkpoint that the log denies, once it did. */
  denied = $state.raw<Seen | null>(null);
  #looked = false;

  /** Looks once a visit, when the app has nothing better to do. Not being able to look is no alarm. */
  visit(): void {
    if (this.#looked) return;
    this.#looked = true;
    const look = () => void this.look();
    if ('requestIdleCallback' in globalThis) requestIdleCallback(look, { timeout: 5_000 });
    else setTimeout(look, 2_000);
  }

  private async look(): Promise<void> {
    // What looks is a chunk of its own, which does not arrive without a network.
    const watch = await import('$lib/log/watch').catch(() => null);
    if (!watch) return;
    try {
      await watch.watchLog();
    } catch (thrown) {
      if (thrown instanceof watch.Contradiction) this.denied = thrown.seen;
    }
  }
}

export const logState = new LogState();
