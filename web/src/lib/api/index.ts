/** Every call the app makes, one function each, typed by the server's OpenAPI document. */
import type { Money } from '$lib/money';
import type * as t from './types';
import { act, client, read } from './wire';

// Coming in and going out
export const getSession = () => read(() => client.GET('/api/session'));

export const requestCode = (phone: string, language: t.Language) => {
  const body = { phone, language };
  const path = '/api/sign-in/codes';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const signIn = (challenge: string, code: string) => {
  const body = { challenge, code };
  const path = '/api/sign-in';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const openWallet = (pin: string, terms_version: string, language: t.Language) => {
  const body = { pin, terms_version, language };
  const path = '/api/wallets';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const enterPin = (pin: string) => {
  const body = { pin };
  const path = '/api/sign-in/pin';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const signOut = () => {
  const path = '/api/sign-out';
  return act({ path, send: (how) => client.POST(path, { ...how }) });
};

// PIN and phone
export const changePin = (old_pin: string, new_pin: string) => {
  const body = { old_pin, new_pin };
  const path = '/api/pin/change';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const resetPin = (new_pin: string, proof?: t.IdentityProof) => {
  const body = { new_pin, ...proof };
  const path = '/api/pin/reset';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const requestPhoneCode = (phone: string) => {
  const body = { phone };
  const path = '/api/phone/codes';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const changePhone = (challenge: string, code: string, authorisation: string) => {
  const body = { challenge, code, authorisation };
  const path = '/api/phone';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

/** The customer's word: a PIN turned into a one-use authorisation for exactly these terms. */
export const authorise = (terms: t.Terms, pin: string) => {
  const body = { ...terms, pin };
  const path = '/api/authorisations';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

// Wallet, limits, class
export const getWallet = () => read(() => client.GET('/api/wallet'));
export const getPastBalance = (day: string) =>
  read(() => client.GET('/api/wallet/balance', { params: { query: { as_of: day } } }));
export const getInterest = () => read(() => client.GET('/api/wallet/interest'));
export const getLimits = () => read(() => client.GET('/api/limits'));
export const getClosing = () => read(() => client.GET('/api/wallet/closing'));

export const setLanguage = (language: t.Language) => {
  const body = { language };
  const path = '/api/wallet/language';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const proveIdentity = (body: t.IdentityProof) => {
  const path = '/api/upgrades/identity';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const freeze = () => {
  const path = '/api/wallet/freeze';
  return act({ path, send: (how) => client.POST(path, { ...how }) });
};

export const unfreeze = (authorisation: string) => {
  const body = { authorisation };
  const path = '/api/wallet/unfreeze';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const closeWallet = (authorisation: string) => {
  const body = { authorisation };
  const path = '/api/wallet/close';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

// Cards
export const getCards = () => read(() => client.GET('/api/cards')).then((reply) => reply.cards);

export const recogniseCard = (number: string) =>
  read(() => client.POST('/api/cards/recognise', { body: { number } }));

export const bindCard = (body: t.NewCard) => {
  const path = '/api/cards/bindings';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const confirmCard = (binding: string, code: string) => {
  const body = { code };
  return act({
    path: `/api/cards/bindings/${binding}/confirm`,
    body,
    send: (how) =>
      client.POST('/api/cards/bindings/{binding}/confirm', {
        params: { path: { binding }, ...how.params },
        body,
      }),
  });
};

export const removeCard = (card: string) =>
  act({
    path: `/api/cards/${card}`,
    send: (how) =>
      client.DELETE('/api/cards/{card}', { params: { path: { card }, ...how.params } }),
  });

// Money: what is sent here is kept until it is answered, over a reload too
export const topUp = (body: t.CardMove) => {
  const path = '/api/top-ups';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }), lasting: true });
};

export const withdraw = (body: t.CardMove) => {
  const path = '/api/withdrawals';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }), lasting: true });
};

export const pay = (body: t.NewPayment) => {
  const path = '/api/payments';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }), lasting: true });
};

export const send = (body: t.NewTransfer) => {
  const path = '/api/transfers';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }), lasting: true });
};

/** What an act would do now, told by the act itself; nothing is done. */
export const rehearse = (body: t.Rehearsed) => read(() => client.POST('/api/rehearsals', { body }));

// Standing orders
export const getStandingOrders = async () =>
  (await read(() => client.GET('/api/standing-orders'))).standing_orders;

export const getStandingOrder = (standing_order: string) =>
  read(() =>
    client.GET('/api/standing-orders/{standing_order}', { params: { path: { standing_order } } }),
  );

export const makeStandingOrder = (body: t.NewStandingOrder) => {
  const path = '/api/standing-orders';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

export const cancelStandingOrder = (standing_order: string) =>
  act({
    path: `/api/standing-orders/${standing_order}`,
    send: (how) =>
      client.DELETE('/api/standing-orders/{standing_order}', {
        params: { path: { standing_order }, ...how.params },
      }),
  });

const LASTING = ['/api/top-ups', '/api/withdrawals', '/api/payments', '/api/transfers'] as const;

/** Sends a kept money act again, under its own key. Answers of no known act are refused. */
export async function sendAgain(path: string, body: unknown): Promise<void> {
  const known = LASTING.find((each) => each === path);
  if (!known) return;
  await act({
    path: known,
    body,
    // The body was typed when it was first sent and has only been through storage since.
    send: (how) => client.POST(known, { body: body as never, ...how }),
    lasting: true,
  });
}

export const getTopUp = (top_up: string) =>
  read(() => client.GET('/api/top-ups/{top_up}', { params: { path: { top_up } } }));
export const getWithdrawal = (withdrawal: string) =>
  read(() => client.GET('/api/withdrawals/{withdrawal}', { params: { path: { withdrawal } } }));
export const getPayment = (payment: string) =>
  read(() => client.GET('/api/payments/{payment}', { params: { path: { payment } } }));
export const getHeldPayments = () =>
  read(() => client.GET('/api/payments', { params: { query: { state: 'held' } } })).then(
    (reply) => reply.payments,
  );
export const getTransfer = (transfer: string) =>
  read(() => client.GET('/api/transfers/{transfer}', { params: { path: { transfer } } }));
export const getPendingCardTransfers = () =>
  read(() => client.GET('/api/card-transfers', { params: { query: { state: 'pending' } } })).then(
    (reply) => reply.card_transfers,
  );

// Codes and people
export const resolveCode = (payload: string) =>
  read(() => client.POST('/api/codes/resolve', { body: { payload } }));
export const getRecentPayees = () =>
  read(() => client.GET('/api/payees/recent')).then((reply) => reply.payees);
export const findPayee = (phone: string) =>
  read(() => client.POST('/api/payees/lookup', { body: { phone } }));

export const makeReceiveCode = (amount: Money | null, memo: string | null) => {
  const body = { amount, memo };
  const path = '/api/receive-codes';
  return act({ path, body, send: (how) => client.POST(path, { body, ...how }) });
};

// History
export interface HistoryQuery {
  cursor?: string;
  limit?: number;
  kind?: t.MovementKind;
  direction?: 'in' | 'out';
  min?: number;
  max?: number;
  from?: string;
  to?: string;
  q?: string;
}

export const getHistory = (query: HistoryQuery) =>
  read(() => client.GET('/api/history', { params: { query } }));
export const getEntry = (movement: string) =>
  read(() => client.GET('/api/history/{movement}', { params: { path: { movement } } }));
export const getReceipt = (movement: string) =>
  read(() => client.GET('/api/history/{movement}/receipt', { params: { path: { movement } } }));
