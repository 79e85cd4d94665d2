import type { MoneyIn } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { toasts } from './toasts.svelte';
import { walletState } from './wallet.svelte';

/** The last money that came in, for screens that wait for some (the receive code). */
class Live {
  moneyIn = $state.raw<MoneyIn | null>(null);
  #source: EventSource | null = null;

  /** Listens until `stop`; the browser reconnects by itself and resumes by Last-Event-ID. */
  start(): void {
    if (this.#source) return;
    const source = new EventSource('/api/events');
    source.addEventListener('money_in', (event) => {
      const arrived = JSON.parse((event as MessageEvent<string>).data) as MoneyIn;
      this.moneyIn = arrived;
      toasts.add({
        tone: 'good',
        text: m.live_money_in({ from: arrived.counterparty }),
        amount: arrived.amount,
        href: `/bills/${encodeURIComponent(arrived.movement)}`,
      });
      void walletState.refresh();
    });
    source.addEventListener('wallet_changed', () => void walletState.refresh());
    this.#source = source;
  }

  stop(): void {
    this.#source?.close();
    this.#source = null;
    this.moneyIn = null;
  }
}

export const live = new Live();
