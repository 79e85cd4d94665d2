/** Calls that exist only where the server runs as a sandbox. */
import type { Money } from '$lib/money';
import type * as t from './types';
import { act, read } from './wire';

export const getInbox = (to: string) =>
  read<{ messages: t.SandboxMessage[] }>('/sandbox/inbox', { to }).then((reply) => reply.messages);
export const getShops = () =>
  read<{ shops: t.SandboxShop[] }>('/sandbox/shops').then((reply) => reply.shops);
export const makeOrder = (store: string, amount: Money, description: string) =>
  act<t.SandboxOrder>(`/sandbox/shops/${encodeURIComponent(store)}/orders`, {
    amount,
    description,
  });
export const getTestCards = () =>
  read<{ cards: t.SandboxCard[] }>('/sandbox/cards').then((reply) => reply.cards);
