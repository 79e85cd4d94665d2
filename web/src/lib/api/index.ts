/** Every call the app makes, one function each. Paths and shapes are the server's OpenAPI. */
import type { Money } from '$lib/money';
import type * as t from './types';
import { act, ask, read } from './wire';

const id = encodeURIComponent;

// Coming in and going out
export const getSession = () => read<t.Session>('/session');
export const requestCode = (phone: string, language: string) =>
  act<t.Challenge>('/sign-in/codes', { phone, language });
export const signIn = (challenge: string, code: string) =>
  act<t.Session>('/sign-in', { challenge, code });
export const openWallet = (pin: string, terms_version: string, language: string) =>
  act<t.Wallet>('/wallets', { pin, terms_version, language });
export const enterPin = (pin: string) => act<t.Session>('/sign-in/pin', { pin });
export const signOut = () => act<void>('/sign-out', undefined);

// PIN and phone
export interface Proof {
  name: string;
  id_number: string;
  portrait: string;
}
export const changePin = (old_pin: string, new_pin: string) =>
  act<void>('/pin/change', { old_pin, new_pin });
export const resetPin = (new_pin: string, proof?: Proof) =>
  act<t.Session>('/pin/reset', { new_pin, ...proof });
export const requestPhoneCode = (phone: string) => act<t.Challenge>('/phone/codes', { phone });
export const changePhone = (challenge: string, code: string, authorisation: string) =>
  act<t.Session>('/phone', { challenge, code, authorisation });

// The customer's word: a PIN turned into a one-use authorisation for exactly these terms
export type Purpose =
  'payment' | 'transfer' | 'top_up' | 'withdrawal' | 'unfreeze' | 'close_wallet' | 'change_phone';
export interface Terms {
  purpose: Purpose;
  payee: string;
  amount: Money;
  order?: string;
}
export const authorise = (terms: Terms, pin: string) =>
  act<{ authorisation: string; expires_at: string }>('/authorisations', { ...terms, pin });

// Wallet, limits, class
export const getWallet = () => read<t.Wallet>('/wallet');
export const setLanguage = (language: string) => act<t.Wallet>('/wallet/language', { language });
export const getLimits = () => read<t.Limits>('/limits');
export type SpendAct = 'payment' | 'static_payment' | 'transfer' | 'withdrawal' | 'top_up';
export const wouldPass = (what: SpendAct, amount: Money) =>
  ask<{ passes: boolean; refusal: unknown }>('/limits/check', { act: what, amount });
export const proveIdentity = (proof: Proof) => act<t.Wallet>('/upgrades/identity', proof);
export const freeze = () => act<t.Wallet>('/wallet/freeze', {});
export const unfreeze = (authorisation: string) =>
  act<t.Wallet>('/wallet/unfreeze', { authorisation });
export const getClosing = () => read<t.Closing>('/wallet/closing');
export const closeWallet = (authorisation: string) =>
  act<{ closed_at: string; kept: t.Kept[] }>('/wallet/close', { authorisation });

// Cards
export const getCards = () => read<{ cards: t.Card[] }>('/cards').then((reply) => reply.cards);
export const recogniseCard = (number: string) =>
  ask<t.RecognisedCard>('/cards/recognise', { number });
export interface NewCard {
  number: string;
  name: string;
  id_number: string;
  phone: string;
}
export const bindCard = (card: NewCard) => act<t.Binding>('/cards/bindings', card);
export const confirmCard = (binding: string, code: string) =>
  act<{ card: t.Card; wallet: t.Wallet }>(`/cards/bindings/${id(binding)}/confirm`, { code });
export const removeCard = (card: string) =>
  act<void>(`/cards/${id(card)}`, undefined, { method: 'DELETE' });

// Money in from and out to cards
export interface CardMove {
  card: string;
  amount: Money;
  authorisation: string;
}
export const topUp = (move: CardMove) => act<t.CardTransfer>('/top-ups', move, { lasting: true });
export const withdraw = (move: CardMove) =>
  act<t.CardTransfer>('/withdrawals', move, { lasting: true });
export const getTopUp = (topUpId: string) => read<t.CardTransfer>(`/top-ups/${id(topUpId)}`);
export const getWithdrawal = (withdrawal: string) =>
  read<t.CardTransfer>(`/withdrawals/${id(withdrawal)}`);
export const getPendingCardTransfers = () =>
  read<{ card_transfers: t.CardTransfer[] }>('/card-transfers', { state: 'pending' }).then(
    (reply) => reply.card_transfers,
  );

// Paying, receiving, sending
export const resolveCode = (payload: string) => ask<t.Resolved>('/codes/resolve', { payload });
export interface NewPayment {
  payee: string;
  order: string | null;
  amount: Money;
  authorisation: string;
  funding: t.Funding;
}
export const pay = (payment: NewPayment) => act<t.Payment>('/payments', payment, { lasting: true });
export const getPayment = (payment: string) => read<t.Payment>(`/payments/${id(payment)}`);
export const getRecentPayees = () =>
  read<{ payees: t.RecentPayee[] }>('/payees/recent').then((reply) => reply.payees);
export const findPayee = (phone: string) => ask<t.FoundPayee>('/payees/lookup', { phone });
export interface NewTransfer {
  payee: string;
  amount: Money;
  memo: string;
  authorisation: string;
}
export const send = (transfer: NewTransfer) =>
  act<t.Transfer>('/transfers', transfer, { lasting: true });
export const getTransfer = (transfer: string) => read<t.Transfer>(`/transfers/${id(transfer)}`);
export const makeReceiveCode = (amount: Money | null, memo: string | null) =>
  act<t.ReceiveCode>('/receive-codes', { amount, memo });

// History
export interface HistoryQuery {
  cursor?: string;
  limit?: number;
  kind?: string;
  direction?: 'in' | 'out';
  min?: number;
  max?: number;
  from?: string;
  to?: string;
  q?: string;
}
export const getHistory = (query: HistoryQuery) => read<t.EntryPage>('/history', { ...query });
export const getEntry = (movement: string) => read<t.EntryDetail>(`/history/${id(movement)}`);
