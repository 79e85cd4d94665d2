/**
 * What this browser remembers of the log, in IndexedDB: the keys that it learnt and the
 * checkpoints that it saw. So the customer's own phone is a witness: whoever changes the past
 * would have to change it here as well.
 */

export interface Seen {
  readonly size: number;
  /** The root in base64, as the checkpoint has it. */
  readonly root: string;
  /** When it was first seen here, by this device's clock. */
  readonly at: number;
}

export interface Memory {
  /** The keys in the form in which they are handed around, oldest first. */
  readonly keys: readonly string[];
  readonly origin: string;
  /** Oldest first; the last one of each day. */
  readonly seen: readonly Seen[];
  /** Set when the log once contradicted what was seen; the checkpoint that it denied. */
  readonly denied: Seen | null;
}

const DATABASE = 'tael-log';
const STORE = 'memory';
const RECORD = 'log';
const SEEN_MAX = 400;
const DAY_MS = 86_400_000;

function opened(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error('no memory'));
  });
}

async function within<T>(
  mode: IDBTransactionMode,
  ask: (store: IDBObjectStore) => IDBRequest<T>,
): Promise<T> {
  const database = await opened();
  try {
    return await new Promise<T>((resolve, reject) => {
      const request = ask(database.transaction(STORE, mode).objectStore(STORE));
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error ?? new Error('no memory'));
    });
  } finally {
    database.close();
  }
}

export const recall = async (): Promise<Memory | null> =>
  ((await within('readonly', (store) => store.get(RECORD))) as Memory | undefined) ?? null;

export const keep = async (memory: Memory): Promise<void> => {
  await within('readwrite', (store) => store.put(memory, RECORD));
};

/** The memory with one more checkpoint: of each day only the last one stays. */
export function withSeen(memory: Memory, seen: Seen): Memory {
  const day = (one: Seen) => Math.floor(one.at / DAY_MS);
  const first = memory.seen.slice(0, 1);
  const others = memory.seen.slice(1).filter((one) => day(one) !== day(seen));
  return { ...memory, seen: [...first, ...others, seen].slice(-SEEN_MAX) };
}
