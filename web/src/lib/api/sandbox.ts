/** Calls that exist only where the server runs as a sandbox. */
import type { Money } from '$lib/money';
import { act, client, read } from './wire';

export const getInbox = (to: string) =>
  read(() => client.GET('/api/sandbox/inbox', { params: { query: { to } } })).then(
    (reply) => reply.messages,
  );

export const getShops = () =>
  read(() => client.GET('/api/sandbox/shops')).then((reply) => reply.shops);

export const makeOrder = (
  store: string,
  amount: Money,
  description: string,
  capture: 'automatic' | 'manual',
) => {
  const body = { amount, description, capture };
  return act({
    path: `/api/sandbox/shops/${store}/orders`,
    body,
    send: (how) =>
      client.POST('/api/sandbox/shops/{store}/orders', {
        params: { path: { store }, ...how.params },
        body,
      }),
  });
};

export const getShopPayments = (store: string) =>
  read(() =>
    client.GET('/api/sandbox/shops/{store}/payments', { params: { path: { store } } }),
  ).then((reply) => reply.payments);

export const refundPayment = (payment: string, amount: Money, reason: string) => {
  const body = { amount, reason };
  return act({
    path: `/api/sandbox/payments/${payment}/refunds`,
    body,
    send: (how) =>
      client.POST('/api/sandbox/payments/{payment}/refunds', {
        params: { path: { payment }, ...how.params },
        body,
      }),
  });
};

export const capturePayment = (payment: string, amount: Money, final: boolean) => {
  const body = { amount, final };
  return act({
    path: `/api/sandbox/payments/${payment}/captures`,
    body,
    send: (how) =>
      client.POST('/api/sandbox/payments/{payment}/captures', {
        params: { path: { payment }, ...how.params },
        body,
      }),
  });
};

export const voidPayment = (payment: string) =>
  act({
    path: `/api/sandbox/payments/${payment}/void`,
    send: (how) =>
      client.POST('/api/sandbox/payments/{payment}/void', {
        params: { path: { payment }, ...how.params },
      }),
  });

export const getTestCards = () =>
  read(() => client.GET('/api/sandbox/cards')).then((reply) => reply.cards);
