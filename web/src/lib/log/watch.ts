/** Looks at the log on each visit: that it still begins with what this browser saw before. */
import { Malformed, unpack } from './bytes';
import { grew, type Tree } from './merkle';
import { keep, recall, withSeen, type Memory, type Seen } from './memory';
import { openCheckpoint, openLink, openNote, parseKey, type Checkpoint, type Key } from './notes';

const TIMEOUT_MS = 10_000;

/** The log denies what it showed before: this is for the customer to know. */
export class Contradiction extends Error {
  constructor(readonly seen: Seen) {
    super('the log contradicts what it showed before');
  }
}

export interface Watched {
  readonly keys: readonly Key[];
  readonly checkpoint: Checkpoint;
  /** The oldest and the newest checkpoint that was seen before this visit, if any was. */
  readonly since: Seen | null;
  readonly before: Seen | null;
}

interface Published {
  readonly key: string;
  readonly announcement: string;
}

async function ask(path: string): Promise<Response> {
  return fetch(`/log${path}`, { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
}

async function text(path: string): Promise<string> {
  const reply = await ask(path);
  if (!reply.ok) throw new Error(`the log answered ${String(reply.status)}`);
  return reply.text();
}

const tree = (seen: Seen): Tree => ({ size: seen.size, root: unpack(seen.root) });

const packed = (root: Uint8Array): string => btoa(String.fromCharCode(...root));

/**
 * The keys that this browser trusts: the first that it ever saw, and those that a trusted one
 * introduced since.
 */
async function learn(memory: Memory | null): Promise<readonly Key[]> {
  const reply = await ask('/keys');
  if (!reply.ok) throw new Error('the log shows no keys');
  const { keys } = (await reply.json()) as { keys: readonly Published[] };
  if (!memory) return Promise.all(keys.map((one) => parseKey(one.key)));
  const trusted = await Promise.all(memory.keys.map(parseKey));
  for (const one of keys) {
    if (trusted.some((key) => key.text === one.key)) continue;
    try {
      const announced = await openNote(one.announcement, trusted);
      if (announced.split('\n')[2] === one.key) trusted.push(await parseKey(one.key));
    } catch (thrown) {
      if (!(thrown instanceof Malformed)) throw thrown;
    }
  }
  return trusted;
}

async function follow(memory: Memory, keys: readonly Key[]): Promise<Checkpoint> {
  const last = memory.seen.at(-1);
  if (!last) return openCheckpoint(await text('/checkpoint'), keys);
  const reply = await ask(`/consistency/${String(last.size)}`);
  // It has no such checkpoint any more: the log is shorter than it was.
  if (reply.status === 404) throw new Contradiction(last);
  if (!reply.ok) throw new Error(`the log answered ${String(reply.status)}`);
  try {
    const link = await openLink(await reply.text(), keys);
    const same = link.old === last.size && link.checkpoint.origin === memory.origin;
    if (same && (await grew(tree(last), link.checkpoint, link.proof))) return link.checkpoint;
  } catch (thrown) {
    if (!(thrown instanceof Malformed)) throw thrown;
  }
  throw new Contradiction(last);
}

/**
 * Checks the log against this browser's memory and remembers what it shows now.
 *
 * Throws `Contradiction` when the past was changed, and anything else when the log could not
 * be asked, which says nothing about it.
 */
export async function watchLog(): Promise<Watched> {
  const memory = await recall();
  if (memory?.denied) throw new Contradiction(memory.denied);
  const keys = await learn(memory);
  const [oldest] = keys;
  if (!oldest) throw new Error('the log has no key yet');
  const known: Memory = memory ?? { keys: [], origin: oldest.name, seen: [], denied: null };
  try {
    const checkpoint = await follow(known, keys);
    const now = { size: checkpoint.size, root: packed(checkpoint.root), at: Date.now() };
    await keep(withSeen({ ...known, keys: keys.map((key) => key.text) }, now));
    return {
      keys,
      checkpoint,
      since: known.seen[0] ?? null,
      before: known.seen.at(-1) ?? null,
    };
  } catch (thrown) {
    if (thrown instanceof Contradiction) await keep({ ...known, denied: thrown.seen });
    throw thrown;
  }
}

/** Whether a receipt's checkpoint and what the log shows now are states of one log. */
export async function isOfThisLog(own: Checkpoint, watched: Watched): Promise<boolean> {
  if (own.origin !== watched.checkpoint.origin) return false;
  const [older, newer] = [own, watched.checkpoint].sort((a, b) => a.size - b.size);
  if (!older || !newer) return false;
  const path = `/consistency/${String(older.size)}/${String(newer.size)}`;
  const link = await openLink(await text(path), watched.keys);
  return link.old === older.size && grew(older, newer, link.proof);
}
