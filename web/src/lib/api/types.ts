import type { Money } from '$lib/money';

export type Stage = 'anonymous' | 'phone_verified' | 'full';

export interface Session {
  stage: Stage;
  registered: boolean | null;
  customer: string | null;
  phone_masked: string | null;
  language: string | null;
  sandbox: boolean;
  terms: { version: string; url: string };
  machine_time: string;
  business_time: string;
}

export interface Challenge {
  challenge: string;
  phone_masked: string;
  resend_after_s: number;
  expires_at: string;
}

export interface Wallet {
  customer: string;
  class: number;
  status: 'active' | 'frozen' | 'closed';
  balance: Money;
  available: Money;
  held: Money;
  name_masked: string | null;
  phone_masked: string;
  interest: boolean;
  opened_at: string;
  language: string;
}

export type LimitName =
  'per_payment' | 'day' | 'year' | 'balance' | 'static_code_day' | 'static_code_cards_day';

export interface Limit {
  limit: LimitName;
  cap: Money | null;
  used: Money | null;
  left: Money | null;
  resets_at: string | null;
}

export interface WalletClass {
  class: number;
  per_payment: Money | null;
  day: Money | null;
  year: Money | null;
  balance: Money | null;
  needs: string[];
  interest: boolean;
}

export interface Raise {
  to_class: number;
  how: 'identity' | 'bank_card' | 'branch';
}

export interface Limits {
  class: number;
  time_zone: string;
  day: string;
  excluded: string[];
  limits: Limit[];
  classes: WalletClass[];
  raise: Raise | null;
}

export interface BankName {
  'zh-CN': string;
  en: string;
}

export type CardUse = 'top_up' | 'withdraw' | 'pay';

export interface Card {
  card: string;
  bank: string;
  bank_name: BankName;
  kind: 'debit' | 'credit';
  last4: string;
  bin: string;
  holder_masked: string;
  own_name: boolean;
  can: CardUse[];
  bound_at: string;
}

export interface RecognisedCard {
  bank: string | null;
  bank_name: BankName | null;
  kind: 'debit' | 'credit' | null;
  valid_luhn: boolean | null;
}

export interface Binding {
  binding: string;
  phone_masked: string;
  expires_at: string;
  resend_after_s: number;
}

export interface CardTransfer {
  id: string;
  kind: 'top_up' | 'withdrawal';
  state: 'pending' | 'succeeded' | 'declined' | 'reversed';
  amount: Money;
  card: { card: string; bank_name: BankName; last4: string };
  movement: string | null;
  final_by: string | null;
  decline: { code: string; title: string } | null;
  at: string;
}

export interface Payee {
  payee: string;
  name: string;
  name_zh?: string | null;
  city?: string | null;
  mcc?: string | null;
}

export interface Resolved {
  kind: 'order' | 'store' | 'person';
  payee: Payee;
  amount: Money | null;
  order: { order: string; description: string; expires_at: string } | null;
  memo: string | null;
  level: 'B' | 'D' | null;
  warnings: string[];
}

export type Funding = { kind: 'balance' } | { kind: 'card'; card: string };

export interface Payment {
  payment: string;
  state: 'succeeded' | 'pending' | 'declined';
  amount: Money;
  payee: Payee;
  order: string | null;
  funding: Funding & { bank_name?: BankName; last4?: string };
  movement: string | null;
  final_by: string | null;
  at: string;
  receipt_number: string;
}

export interface RecentPayee {
  payee: string;
  name_masked: string | null;
  phone_masked: string;
  last_at: string;
}

export interface FoundPayee {
  payee: string;
  name_masked: string | null;
  phone_masked: string;
  first_time: boolean;
}

export interface Transfer {
  transfer: string;
  movement: string;
  amount: Money;
  payee: { payee: string; name_masked: string | null; phone_masked: string };
  memo: string;
  at: string;
}

export interface ReceiveCode {
  payload: string;
  expires_at: string;
}

export interface Entry {
  movement: string;
  kind: string;
  direction: 'in' | 'out';
  amount: Money;
  counterparty: string;
  memo: string;
  at: string;
  balance_after: Money;
}

export interface Receipt {
  number: string;
  payer: string;
  payee: string;
  amount: Money;
  kind: string;
  at: string;
  memo: string;
  funding: unknown;
  order: string | null;
}

export interface EntryDetail extends Entry {
  reference: string;
  receipt: Receipt;
}

export interface EntryPage {
  entries: Entry[];
  next: string | null;
}

export interface Kept {
  what: string;
  why: string;
  until: string | null;
}

export interface Closing {
  can_close: boolean;
  obstacles: { code: string; title: string }[];
  kept: Kept[];
}

export interface MoneyIn {
  movement: string;
  amount: Money;
  counterparty: string;
  at: string;
}

export interface SandboxMessage {
  to: string;
  text: string;
  sent_at: string;
}

export interface SandboxShop {
  store: string;
  name: string;
  name_zh: string | null;
  city: string;
  mcc: string;
  static_payload: string;
}

export interface SandboxOrder {
  order: string;
  payload: string;
  expires_at: string;
}

export interface SandboxCard {
  number: string;
  bank: string;
  kind: 'debit' | 'credit';
  name: string;
  id_number: string;
  phone: string;
}
