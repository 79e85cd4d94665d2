/** Words of a shop's till. */
import type { TillPayment } from './api/types';
import { m } from './paraglide/messages';

/** How a payment stands, in a word or two. */
export function tillState({ state, captured, refunded }: TillPayment): string {
  switch (state) {
    case 'pending':
      return m.state_pending();
    case 'held':
      return m.state_held();
    case 'declined':
      return m.state_declined();
    case 'voided':
      return m.state_voided();
    case 'expired':
      return m.state_expired();
    case 'reversed':
      return m.state_reversed();
    default:
      if (refunded.value === 0) return m.state_succeeded();
      return refunded.value < captured.value ? m.state_part_refunded() : m.state_refunded();
  }
}
