/** A receipt, checked here in the browser: nothing is taken on the bank's word. */
import type { EntryDetail, ReceiptFile } from '$lib/api/types';
import { concat, Malformed, sha256, unpack, utf8, type Bytes } from './bytes';
import { includes, leafHash } from './merkle';
import { openInclusion, type Checkpoint, type Key } from './notes';

const ENTRY = 'tael/movement/1\0';

export interface Act {
  readonly movement: string;
  readonly kind: string;
  readonly at: string;
  readonly payer: string;
  readonly payee: string;
  readonly memo: string;
}

export interface Side {
  readonly part: 'debit' | 'credit';
  readonly amount: number;
  readonly balance: number;
  readonly currency: string;
}

export interface Opened {
  readonly act: Act;
  readonly sides: readonly Side[];
  readonly closed: number;
  readonly position: number;
  readonly checkpoint: Checkpoint;
}

/** Why a receipt proves nothing. */
export type Fault =
  /** The log holds something else at this place, or no key that we know signed it. */
  | 'altered'
  /** It is true, but not what the bill on the screen says. */
  | 'otherBill';

export class Untrue extends Error {
  constructor(readonly fault: Fault) {
    super(fault);
  }
}

/** Checks a receipt and what it says against the bill that is shown; throws `Untrue`. */
export async function verifyReceipt(
  receipt: ReceiptFile,
  bill: EntryDetail,
  keys: readonly Key[],
): Promise<Opened> {
  let opened: Opened;
  try {
    opened = await open(receipt, keys);
  } catch (thrown) {
    if (thrown instanceof Malformed || thrown instanceof SyntaxError) throw new Untrue('altered');
    throw thrown;
  }
  if (!agrees(opened, bill)) throw new Untrue('otherBill');
  return opened;
}

async function open(receipt: ReceiptFile, keys: readonly Key[]): Promise<Opened> {
  const { index, proof, checkpoint } = await openInclusion(receipt.proof, keys);
  const digests: Bytes[] = [];
  const told: unknown[] = [];
  for (const part of receipt.parts) {
    if (typeof part.text === 'string' && typeof part.salt === 'string') {
      digests.push(await sha256(concat(unpack(part.salt), utf8(part.text))));
      told.push(JSON.parse(part.text));
    } else {
      digests.push(unpack(part.digest ?? ''));
    }
  }
  if (digests.some((digest) => digest.length !== 32)) throw new Malformed('not a digest');
  const entry = await sha256(concat(utf8(ENTRY), ...digests));
  if (!(await includes(checkpoint, index, await leafHash(entry), proof))) {
    throw new Malformed('the log holds something else');
  }
  const acts = told.filter((part) => partOf(part) === 'act') as Act[];
  const sides = told.filter((part) => ['debit', 'credit'].includes(partOf(part))) as Side[];
  const [act] = acts;
  if (!act || acts.length + sides.length !== told.length || acts.length !== 1) {
    throw new Malformed('not one movement');
  }
  return { act, sides, closed: digests.length - told.length, position: index, checkpoint };
}

const partOf = (part: unknown): string => String((part as { part?: unknown } | null)?.part);

/** Whether the bill on the screen says what the log holds. */
function agrees({ act, sides }: Opened, bill: EntryDetail): boolean {
  const net = sides.reduce(
    (sum, side) => sum + (side.part === 'credit' ? side.amount : -side.amount),
    0,
  );
  const shown = bill.direction === 'in' ? bill.amount.value : -bill.amount.value;
  const passing = net === 0 && sides.some((side) => side.amount === bill.amount.value);
  const last = sides.at(-1);
  return (
    act.movement === bill.movement &&
    act.kind === bill.kind &&
    act.memo === bill.memo &&
    Date.parse(act.at) === Date.parse(bill.at) &&
    [act.payer, act.payee].includes(bill.counterparty) &&
    (net === shown || passing) &&
    last?.balance === bill.balance_after.value &&
    sides.every((side) => side.currency === bill.amount.currency)
  );
}
