/** Octets: base64, hashes, comparison. */

export type Bytes = Uint8Array<ArrayBuffer>;

/** Something that is not what it should be, in words for a developer; people get `Finding`s. */
export class Malformed extends Error {}

const encoder = new TextEncoder();

export const utf8 = (text: string): Bytes => encoder.encode(text);

export function concat(...parts: readonly Uint8Array[]): Bytes {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Strict: what base64 would not be written so is refused. */
export function unpack(text: string): Bytes {
  let binary: string;
  try {
    binary = atob(text);
  } catch {
    throw new Malformed('not in base64');
  }
  if (btoa(binary) !== text) throw new Malformed('not in base64');
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

export const same = (left: Uint8Array, right: Uint8Array): boolean =>
  left.length === right.length && left.every((octet, at) => octet === right[at]);

export const sha256 = async (octets: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', octets));

export const sha512 = async (octets: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-512', octets));
