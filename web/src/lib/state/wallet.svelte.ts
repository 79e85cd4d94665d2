import {
  getHeldPayments,
  getHistory,
  getLimits,
  getPendingCardTransfers,
  getWallet,
} from '$lib/api';
import type { CardTransfer, EntryPage, Limits, Payment, Wallet } from '$lib/api/types';
import { Resource } from './resource.svelte';

const RECENT = 6;

/** What several screens show of the signed-in customer's money; refreshed after every act. */
class WalletState {
  readonly wallet = new Resource<Wallet>(getWallet);
  readonly limits = new Resource<Limits>(getLimits);
  readonly recent = new Resource<EntryPage>(() => getHistory({ limit: RECENT }));
  readonly pending = new Resource<CardTransfer[]>(getPendingCardTransfers);
  readonly held = new Resource<Payment[]>(getHeldPayments);

  async refresh(): Promise<void> {
    await Promise.all([
      this.wallet.reload(),
      this.limits.reload(),
      this.recent.reload(),
      this.pending.reload(),
      this.held.reload(),
    ]);
  }

  clear(): void {
    this.wallet.clear();
    this.limits.clear();
    this.recent.clear();
    this.pending.clear();
    this.held.clear();
  }
}

export const walletState = new WalletState();
