/** One press: the receipt, the log as it is now, and what this browser remembers of it. */
import { getReceipt } from '$lib/api';
import { asProblem } from '$lib/api/problem';
import type { EntryDetail, ReceiptFile } from '$lib/api/types';
import { verifyReceipt, Untrue, type Opened } from './receipt';
import { isOfThisLog, watchLog, type Watched } from './watch';

/** A new movement is in the log after a second or two. */
const TRIES = 8;
const PAUSE_MS = 600;

export interface Proven {
  readonly receipt: ReceiptFile;
  readonly opened: Opened;
  readonly watched: Watched;
}

/** What was sent when it turned out to be untrue: evidence to keep. */
export class UntrueReceipt extends Untrue {
  constructor(
    untrue: Untrue,
    readonly receipt: ReceiptFile,
  ) {
    super(untrue.fault);
  }
}

async function receiptOf(movement: string): Promise<ReceiptFile> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await getReceipt(movement);
    } catch (thrown) {
      if (left === 0 || asProblem(thrown).code !== 'audit.not_yet_in_log') throw thrown;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/** Throws `UntrueReceipt`, `Contradiction`, or why the bank could not be asked. */
export async function prove(bill: EntryDetail): Promise<Proven> {
  const receipt = await receiptOf(bill.movement);
  // After the receipt, so that the log shown is at least as long as the receipt's.
  const watched = await watchLog();
  try {
    const opened = await verifyReceipt(receipt, bill, watched.keys);
    if (!(await isOfThisLog(opened.checkpoint, watched))) throw new Untrue('altered');
    return { receipt, opened, watched };
  } catch (thrown) {
    throw thrown instanceof Untrue ? new UntrueReceipt(thrown, receipt) : thrown;
  }
}

/** Hands the receipt to the customer as a file. */
export function save(receipt: ReceiptFile): void {
  const link = document.createElement('a');
  const file = new Blob([JSON.stringify(receipt, null, 1)], { type: 'application/json' });
  link.href = URL.createObjectURL(file);
  link.download = `tael-${receipt.movement}.json`;
  link.click();
  URL.revokeObjectURL(link.href);
}
