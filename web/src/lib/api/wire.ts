import createClient from 'openapi-fetch';
import { answered, keyFor } from './keys';
import { offline, problemFrom, type Problem } from './problem';
import type { paths } from './schema';

/** Waits between attempts of one act, with the same key throughout. */
const PATIENCE_MS = [0, 500, 1500, 3500];
const TIMEOUT_MS = 30_000;

/** The typed client, generated from the server's OpenAPI document. */
export const client = createClient<paths>({
  credentials: 'same-origin',
  cache: 'no-store',
  fetch: (request) => fetch(request, { signal: AbortSignal.timeout(TIMEOUT_MS) }),
});

type Reply<T> = Promise<{ data?: T; error?: unknown; response: Response }>;

const listeners = new Set<(problem: Problem) => void>();

/** Hears of every refusal: the session watches for being signed out. */
export function onProblem(listener: (problem: Problem) => void): void {
  listeners.add(listener);
}

function raise(problem: Problem): never {
  for (const listener of listeners) listener(problem);
  throw problem;
}

async function once<T>(call: () => Reply<T>): Promise<T> {
  let reply;
  try {
    reply = await call();
  } catch (thrown) {
    // An answer of ours is always JSON; anything else stands for a proxy's page.
    throw thrown instanceof SyntaxError ? problemFrom(0, null) : offline();
  }
  if (!reply.response.ok) throw problemFrom(reply.response.status, reply.error);
  return reply.data as T;
}

/** Asks something that changes nothing, so it carries no key. */
export async function read<T>(call: () => Reply<T>): Promise<T> {
  return once(call).catch(raise);
}

/** What each unsafe call carries besides its body. */
export interface Keyed {
  readonly params: { readonly header: { readonly 'Idempotency-Key': string } };
}

interface Act<T> {
  /** Where and what, as the name of the act: the same act gets the same key until it is answered. */
  readonly path: string;
  readonly body?: unknown;
  readonly send: (how: Keyed) => Reply<T>;
  /** Keeps the call over a reload. Only for bodies without a secret. */
  readonly lasting?: boolean;
}

/**
 * Does something, once. Lost answers are asked for again under the same key; the key is forgotten
 * only when the server has answered for good, so a second press can never do it twice.
 */
export async function act<T>({ path, body, send, lasting = false }: Act<T>): Promise<T> {
  const how: Keyed = { params: { header: { 'Idempotency-Key': keyFor(path, body, lasting) } } };
  let last: Problem = offline();
  for (const wait of PATIENCE_MS) {
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const reply = await once(() => send(how));
      answered(path, body);
      return reply;
    } catch (thrown) {
      last = thrown as Problem;
      if (last.definite) {
        answered(path, body);
        return raise(last);
      }
    }
  }
  return raise(last);
}
