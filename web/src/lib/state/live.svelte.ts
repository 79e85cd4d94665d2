import type { MoneyIn, StandingOrderFailed } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { toasts } from './toasts.svelte';
import { walletState } from './wallet.svelte';

const RECONNECT_MS = 5000;

/** The last money that came in, for screens that wait for some (the receive code). */
class Live {
  moneyIn = $state.raw<MoneyIn | null>(null);
  #source: EventSource | null = null;
  #again: ReturnType<typeof setTimeout> | undefined;

  /** Listens until `stop`; a broken line is mended by the browser and resumes by Last-Event-ID. */
  start(): void {
    if (this.#source) return;
    const source = new EventSource('/api/events');
    source.addEventListener('money_in', (event) =>
      this.#arrived(JSON.parse((event as MessageEvent<string>).data) as MoneyIn),
    );
    source.addEventListener('standing_order_failed', (event) => {
      const failed = JSON.parse((event as MessageEvent<string>).data) as StandingOrderFailed;
      toasts.add({
        tone: 'warning',
        text: m.standing_live_failed(),
        amount: failed.amount,
        href: `/standing/${encodeURIComponent(failed.standing_order)}`,
      });
    });
    source.addEventListener('wallet_changed', () => void walletState.refresh());
    // A refused line (a restart, say) is not mended by the browser: that is for us.
    source.addEventListener('error', () => {
      if (source.readyState !== EventSource.CLOSED) return;
      this.#source = null;
      this.#again = setTimeout(() => this.start(), RECONNECT_MS);
    });
    this.#source = source;
  }

  stop(): void {
    clearTimeout(this.#again);
    this.#source?.close();
    this.#source = null;
    this.moneyIn = null;
  }

  #arrived(arrived: MoneyIn): void {
    this.moneyIn = arrived;
    void walletState.refresh();
    // The outcome of an own act and the receive code say so themselves.
    if (/^\/(result|receive)\b/.test(location.pathname)) return;
    const from = arrived.counterparty;
    const text =
      arrived.kind !== 'refund'
        ? m.live_money_in({ from })
        : arrived.destination === 'card'
          ? m.live_refund_card({ from })
          : m.live_refund({ from });
    toasts.add({
      tone: 'good',
      text,
      amount: arrived.amount,
      href: `/bills/${encodeURIComponent(arrived.movement)}`,
    });
  }
}

export const live = new Live();
