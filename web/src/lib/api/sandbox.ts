/** Calls that exist only where the server runs as a sandbox. */
import type { Money } from '$lib/money';
import { act, client, read } from './wire';

export const getInbox = (to: string) =>
  read(() => client.GET('/api/sandbox/inbox', { params: { query: { to } } })).then(
    (reply) => reply.messages,
  );

export const getShops = () =>
  read(() => client.GET('/api/sandbox/shops')).then((reply) => reply.shops);

export const makeOrder = (store: string, amount: Money, description: string) => {
  const body = { amount, description };
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

export const getTestCards = () =>
  read(() => client.GET('/api/sandbox/cards')).then((reply) => reply.cards);
