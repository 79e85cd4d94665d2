import { answered, keyFor } from './keys';
import { offline, problemFrom, type Problem } from './problem';

type Query = Record<string, string | number | undefined>;

/** Waits between attempts of one act, with the same key throughout. */
const PATIENCE_MS = [0, 500, 1500, 3500];
const READ_TIMEOUT_MS = 15_000;
const ACT_TIMEOUT_MS = 40_000;

const listeners = new Set<(problem: Problem) => void>();

/** Hears of every refusal: the session watches for signed-out and the app for lost connections. */
export function onProblem(listener: (problem: Problem) => void): void {
  listeners.add(listener);
}

function raise(problem: Problem): never {
  for (const listener of listeners) listener(problem);
  throw problem;
}

async function once<T>(path: string, init: RequestInit, timeout_ms: number): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`/api${path}`, {
      credentials: 'same-origin',
      cache: 'no-store',
      ...init,
      signal: AbortSignal.timeout(timeout_ms),
    });
  } catch {
    throw offline();
  }
  if (response.status === 204) return undefined as T;
  let body: unknown;
  try {
    body = await response.json();
  } catch {
    throw problemFrom(response.status, null);
  }
  if (!response.ok) throw problemFrom(response.status, body);
  return body as T;
}

function written(body: unknown, key?: string): RequestInit {
  const headers: Record<string, string> = { 'content-type': 'application/json' };
  if (key) headers['idempotency-key'] = key;
  return { headers, body: body === undefined ? undefined : JSON.stringify(body) };
}

/** Reads. `undefined` members of the query are left out. */
export async function read<T>(path: string, query: Query = {}): Promise<T> {
  const pairs = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
  const search = new URLSearchParams(pairs.map(([name, value]) => [name, String(value)]));
  const address = pairs.length ? `${path}?${search}` : path;
  return once<T>(address, { method: 'GET' }, READ_TIMEOUT_MS).catch(raise);
}

/** Asks a question that needs a body but changes nothing, so it carries no key. */
export async function ask<T>(path: string, body: unknown): Promise<T> {
  return once<T>(path, { method: 'POST', ...written(body) }, READ_TIMEOUT_MS).catch(raise);
}

interface Act {
  readonly method?: 'POST' | 'DELETE';
  /** Keeps the call over a reload. Only for bodies without a secret. */
  readonly lasting?: boolean;
}

/**
 * Does something, once. Lost answers are asked for again under the same key; the key is forgotten
 * only when the server has answered for good, so a second press can never do it twice.
 */
export async function act<T>(path: string, body: unknown, how: Act = {}): Promise<T> {
  const method = how.method ?? 'POST';
  const key = keyFor(path, body, how.lasting ?? false);
  let last: Problem = offline();
  for (const wait of PATIENCE_MS) {
    if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
    try {
      const reply = await once<T>(path, { method, ...written(body, key) }, ACT_TIMEOUT_MS);
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
