/**
 * Idempotency keys, one an intention. A key lives until the server has answered for good: whoever
 * presses again, or comes back after the connection broke, asks about the *same* act.
 */

/** An unsafe call whose outcome is not known yet, kept so that it survives a reload. */
export interface Unanswered {
  readonly key: string;
  readonly path: string;
  readonly body: unknown;
  readonly at: number;
}

const SHELF = 'tael.unanswered';
const KEPT_FOR_MS = 24 * 60 * 60 * 1000;

// Bodies with a PIN or a card number never reach storage; their keys live as long as the page.
const inMemory = new Map<string, string>();

function shelf(): Unanswered[] {
  try {
    const kept = JSON.parse(sessionStorage.getItem(SHELF) ?? '[]') as Unanswered[];
    return kept.filter((call) => Date.now() - call.at < KEPT_FOR_MS);
  } catch {
    return [];
  }
}

function shelve(calls: readonly Unanswered[]): void {
  try {
    sessionStorage.setItem(SHELF, JSON.stringify(calls));
  } catch {
    // Without storage the key still lives in memory: only a reload would lose it.
  }
}

const identity = (path: string, body: unknown): string => `${path} ${JSON.stringify(body ?? null)}`;

/** The key for this very act: the one in use if it has no answer yet, else a new one. */
export function keyFor(path: string, body: unknown, lasting: boolean): string {
  const act = identity(path, body);
  const known =
    inMemory.get(act) ?? shelf().find((call) => identity(call.path, call.body) === act)?.key;
  if (known) return known;
  const key = crypto.randomUUID();
  inMemory.set(act, key);
  if (lasting) shelve([...shelf(), { key, path, body, at: Date.now() }]);
  return key;
}

/** Forgets a key after a definite answer. */
export function answered(path: string, body: unknown): void {
  const act = identity(path, body);
  inMemory.delete(act);
  shelve(shelf().filter((call) => identity(call.path, call.body) !== act));
}

/** Money acts that were sent before a reload and whose answer never came. */
export function unanswered(): readonly Unanswered[] {
  return shelf();
}

export function forgetAll(): void {
  inMemory.clear();
  shelve([]);
}
