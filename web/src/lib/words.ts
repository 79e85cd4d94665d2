/** Words for the server's closed lists of values. An unknown value is shown as it came. */
import type { BankName, LimitName, MovementKind } from './api/types';
import { m } from './paraglide/messages';
import { preferences } from './state/preferences.svelte';

export function className(wallet_class: number): string {
  switch (wallet_class) {
    case 1:
      return m.class_1();
    case 2:
      return m.class_2();
    case 3:
      return m.class_3();
    default:
      return m.class_4();
  }
}

export function limitName(limit: LimitName): string {
  switch (limit) {
    case 'per_payment':
      return m.limit_per_payment();
    case 'day':
      return m.limit_day();
    case 'year':
      return m.limit_year();
    case 'balance':
      return m.limit_balance();
    case 'dynamic_code_day':
      return m.limit_dynamic_code_day();
    case 'dynamic_code_cards_day':
      return m.limit_dynamic_code_cards_day();
    case 'static_code_day':
      return m.limit_static_code_day();
    case 'static_code_cards_day':
      return m.limit_static_code_cards_day();
    default:
      return limit;
  }
}

export function movementKind(kind: MovementKind): string {
  switch (kind) {
    case 'payment':
      return m.kind_payment();
    case 'transfer':
      return m.kind_transfer();
    case 'top_up':
      return m.kind_top_up();
    case 'withdrawal':
      return m.kind_withdrawal();
    case 'refund':
      return m.kind_refund();
    case 'reversal':
      return m.kind_reversal();
    case 'fee':
      return m.kind_fee();
    case 'payout':
      return m.kind_payout();
    case 'adjustment':
      return m.kind_adjustment();
    case 'interest':
      return m.kind_interest();
    default:
      return kind;
  }
}

/** A name that exists in both languages, in the reader's. */
export function named(name: { name: string; name_zh?: string | null }): string {
  return preferences.locale === 'zh-CN' && name.name_zh ? name.name_zh : name.name;
}

export function bankNamed(name: BankName): string {
  return name[preferences.locale];
}

/** Who an entry was with: a shop in the reader's language, else as the movement has it. */
export function counterpartyOf(entry: {
  counterparty: string;
  shop?: { name: string; name_zh?: string | null } | null;
}): string {
  return entry.shop ? named(entry.shop) : entry.counterparty;
}
