import type { EntryDetail } from './api/types';
import { m } from './paraglide/messages';
import { fullTime } from './time';
import { counterpartyOf, movementKind } from './words';

/** The lines of a bill; what does not apply to it has no line. */
export function billFacts(bill: EntryDetail): (readonly [string, string])[] {
  const { receipt } = bill;
  const other = counterpartyOf(bill);
  const pays = bill.direction === 'out';
  const lines: (readonly [string, string | null | undefined])[] = [
    [m.fact_kind(), movementKind(bill.kind)],
    [m.fact_payer(), pays ? receipt.payer : other],
    [m.fact_payee(), pays ? other : receipt.payee],
    [m.memo(), bill.memo],
    [m.fact_time(), fullTime(bill.at)],
    [m.fact_order(), receipt.order],
    [m.fact_receipt(), receipt.number],
    [m.fact_number(), bill.movement],
  ];
  return lines.filter((line): line is readonly [string, string] => Boolean(line[1]));
}
