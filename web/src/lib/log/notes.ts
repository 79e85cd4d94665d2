/** Checkpoints as the log publishes them (C2SP signed-note, tlog-checkpoint, tlog-proof). */
import { concat, Malformed, same, sha256, unpack, utf8, type Bytes } from './bytes';
import { verifies } from './ed25519';
import type { Tree } from './merkle';

const ED25519 = 1;
const HASHES_MAX = 64;
const DASH = '— ';

export interface Key {
  readonly name: string;
  readonly id: Bytes;
  readonly octets: Bytes;
  /** As it is handed around. */
  readonly text: string;
}

export interface Checkpoint extends Tree {
  readonly origin: string;
}

export interface Link {
  readonly old: number;
  readonly proof: readonly Bytes[];
  readonly checkpoint: Checkpoint;
}

export async function parseKey(text: string): Promise<Key> {
  const [name = '', id = '', ...rest] = text.split('+');
  const packed = unpack(rest.join('+'));
  if (!name || packed.length !== 33 || packed[0] !== ED25519) throw new Malformed('not a key');
  const hash = await sha256(concat(utf8(`${name}\n`), packed));
  const own = hash.slice(0, 4);
  const hex = Array.from(own, (octet) => octet.toString(16).padStart(2, '0')).join('');
  if (hex !== id) throw new Malformed('the id is of another key');
  return { name, id: own, octets: packed.slice(1), text };
}

/** The text of a note that one of these keys signed; a bad signature of theirs spoils it. */
export async function openNote(note: string, keys: readonly Key[]): Promise<string> {
  const border = note.lastIndexOf('\n\n');
  if (border < 0 || !note.endsWith('\n')) throw new Malformed('not a signed note');
  const text = note.slice(0, border + 1);
  let signed = false;
  for (const line of note.slice(border + 2, -1).split('\n')) {
    if (!line.startsWith(DASH)) throw new Malformed('not a signature');
    const [name = '', packed = ''] = line.slice(DASH.length).split(' ');
    const signature = unpack(packed);
    for (const key of keys) {
      if (key.name !== name || !same(key.id, signature.slice(0, 4))) continue;
      if (!(await verifies(key.octets, utf8(text), signature.slice(4)))) {
        throw new Malformed('the signature belongs to another text');
      }
      signed = true;
    }
  }
  if (!signed) throw new Malformed('no known key signed this');
  return text;
}

export async function openCheckpoint(note: string, keys: readonly Key[]): Promise<Checkpoint> {
  const text = await openNote(note, keys);
  const [origin = '', size = '', root = ''] = text.split('\n');
  const octets = unpack(root);
  if (!origin || octets.length !== 32) throw new Malformed('not a checkpoint');
  if (keys.every((key) => key.name !== origin)) throw new Malformed('of another log');
  return { origin, size: whole(size), root: octets };
}

/** A checkpoint with the proof that it follows one of `old` entries. */
export async function openLink(text: string, keys: readonly Key[]): Promise<Link> {
  const border = text.indexOf('\n\n');
  const [first = '', ...lines] = text.slice(0, border).split('\n');
  if (border < 0 || !first.startsWith('old ')) throw new Malformed('no proof of growth');
  return {
    old: whole(first.slice(4)),
    proof: hashes(lines),
    checkpoint: await openCheckpoint(text.slice(border + 2), keys),
  };
}

/** The proof that an entry stands at an index. */
export async function openInclusion(
  text: string,
  keys: readonly Key[],
): Promise<{ index: number; proof: readonly Bytes[]; checkpoint: Checkpoint }> {
  const border = text.indexOf('\n\n');
  const [form, index = '', ...lines] = text.slice(0, border).split('\n');
  if (border < 0 || form !== 'c2sp.org/tlog-proof@v1' || !index.startsWith('index ')) {
    throw new Malformed('no proof that an entry is in a log');
  }
  return {
    index: whole(index.slice(6)),
    proof: hashes(lines),
    checkpoint: await openCheckpoint(text.slice(border + 2), keys),
  };
}

function hashes(lines: readonly string[]): readonly Bytes[] {
  const found = lines.map(unpack);
  if (found.length > HASHES_MAX || found.some((hash) => hash.length !== 32)) {
    throw new Malformed('not made of hashes');
  }
  return found;
}

function whole(text: string): number {
  const value = Number(text);
  if (!/^(0|[1-9]\d{0,15})$/.test(text) || !Number.isSafeInteger(value)) {
    throw new Malformed('not a number');
  }
  return value;
}
