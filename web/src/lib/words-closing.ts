/** Words for closing a wallet. What the app has no words for is shown in the server's. */
import type { Kept, Obstacle } from './api/types';
import { m } from './paraglide/messages';

const OBSTACLES: Record<string, () => string> = {
  'customers.wallet_frozen': m.obstacle_wallet_frozen,
  'customers.balance_left': m.obstacle_balance_left,
  'customers.money_held': m.obstacle_money_held,
  'customers.money_arriving': m.obstacle_money_arriving,
  'payments.card_payment_pending': m.obstacle_card_payment_pending,
  'payments.refund_pending': m.obstacle_refund_pending,
};

/** What stands in the way of closing. */
export function obstacleWords(obstacle: Obstacle): string {
  return OBSTACLES[obstacle.code]?.() ?? obstacle.title;
}

const KEPT: Record<string, { what: () => string; why: () => string }> = {
  movements: { what: m.kept_movements, why: m.kept_why_law },
  identity: { what: m.kept_identity, why: m.kept_why_law },
  consents: { what: m.kept_consents, why: m.kept_why_agreed },
};

/** What stays after closing, and why. */
export function keptWords(kept: Kept): { what: string; why: string } {
  const words = KEPT[kept.kind];
  return words ? { what: words.what(), why: words.why() } : { what: kept.what, why: kept.why };
}
