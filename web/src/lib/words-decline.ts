/** Words for a bank's refusal of a card. What the app has no words for is shown in the server's. */
import type { DeclineReason } from './api/types';
import { m } from './paraglide/messages';

const DECLINES: Record<DeclineReason, () => string> = {
  insufficient_funds: m.decline_insufficient_funds,
  card_not_usable: m.decline_card_not_usable,
  not_permitted: m.decline_not_permitted,
  card_limit: m.decline_card_limit,
  bank_unavailable: m.decline_bank_unavailable,
  declined: m.decline_declined,
};

/** Why a card's bank said no. */
export function declineWords(decline: { code: string; title: string }): string {
  return DECLINES[decline.code as DeclineReason]?.() ?? decline.title;
}
