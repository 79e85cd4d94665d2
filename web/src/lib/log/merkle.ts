/** Checking Merkle proofs (RFC 9162, sections 2.1.3.2 and 2.1.4.2). */
import { concat, same, sha256, type Bytes } from './bytes';

export interface Tree {
  readonly size: number;
  readonly root: Bytes;
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

export const leafHash = (entry: Bytes): Promise<Bytes> => sha256(concat(LEAF, entry));

const nodeHash = (left: Bytes, right: Bytes): Promise<Bytes> => sha256(concat(NODE, left, right));

const half = (value: number): number => Math.floor(value / 2);

/** Whether the leaf stands at this index of the tree. */
export async function includes(
  tree: Tree,
  index: number,
  leaf: Bytes,
  proof: readonly Bytes[],
): Promise<boolean> {
  if (index < 0 || index >= tree.size) return false;
  let [node, last, seen] = [index, tree.size - 1, leaf];
  for (const sibling of proof) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      seen = await nodeHash(sibling, seen);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      seen = await nodeHash(seen, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(seen, tree.root);
}

/** Whether the newer tree begins with all the leaves of the older one. */
export async function grew(older: Tree, newer: Tree, proof: readonly Bytes[]): Promise<boolean> {
  if (older.size === newer.size) return proof.length === 0 && same(older.root, newer.root);
  if (older.size <= 0 || older.size > newer.size) return false;
  const hashes = [...proof];
  if (Number.isInteger(Math.log2(older.size))) hashes.unshift(older.root);
  const begin = hashes.shift();
  if (!begin) return false;
  let [node, last] = [older.size - 1, newer.size - 1];
  while (node % 2 === 1) [node, last] = [half(node), half(last)];
  let [first, second] = [begin, begin];
  for (const sibling of hashes) {
    if (last === 0) return false;
    if (node % 2 === 1 || node === last) {
      first = await nodeHash(sibling, first);
      second = await nodeHash(sibling, second);
      while (node % 2 === 0 && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      second = await nodeHash(second, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && same(first, older.root) && same(second, newer.root);
}
