/** What the result screen shows, whichever act it was. */
import type { Card, CardTransfer, Payment, Transfer } from './api/types';
import { textOf, type Money } from './money';
import { m } from './paraglide/messages';
import { dayAndTime, fullTime } from './time';
import { bankNamed, named } from './words';
import { declineWords } from './words-decline';

export interface Outcome {
  readonly seal: 'done' | 'pending' | 'failed';
  readonly title: string;
  readonly amount: Money;
  readonly who: string;
  /** What a pending or failed act means for the money. */
  readonly note: string;
  readonly facts: readonly (readonly [string, string])[];
  readonly movement: string | null;
}

function noteFor(seal: Outcome['seal'], final_by: string | null, reason: string): string {
  if (seal === 'pending') {
    return final_by ? m.result_pending_until({ at: dayAndTime(final_by) }) : m.result_pending();
  }
  return seal === 'failed' ? reason : '';
}

function endOfPayment(payment: Payment): Pick<Outcome, 'seal' | 'title' | 'note'> {
  switch (payment.state) {
    case 'succeeded':
      return { seal: 'done', title: m.paid(), note: '' };
    case 'held': {
      const at = payment.held ? dayAndTime(payment.held.until) : '';
      return { seal: 'done', title: m.paid_held(), note: m.paid_held_note({ at }) };
    }
    case 'pending':
      return {
        seal: 'pending',
        title: m.paid_pending(),
        note: noteFor('pending', payment.final_by, ''),
      };
    case 'voided':
      return { seal: 'failed', title: m.paid_voided(), note: m.paid_voided_note() };
    case 'expired':
      return { seal: 'failed', title: m.paid_voided(), note: m.paid_expired_note() };
    case 'reversed':
      return { seal: 'failed', title: m.paid_reversed(), note: m.paid_reversed_note() };
    default:
      return { seal: 'failed', title: m.paid_failed(), note: m.paid_failed_note() };
  }
}

export function outcomeOfPayment(payment: Payment, cards: readonly Card[]): Outcome {
  const { seal, title, note } = endOfPayment(payment);
  const { funding, held } = payment;
  const card = cards.find((known) => known.card === funding.card);
  const from =
    funding.kind === 'balance'
      ? m.funding_balance()
      : card
        ? `${bankNamed(card.bank_name)} ·${card.last4}`
        : m.funding_card();
  return {
    seal,
    title,
    amount: payment.amount,
    who: named(payment.payee),
    note,
    facts: [
      [m.fact_shop(), named(payment.payee)],
      [m.fact_from(), from],
      [m.fact_time(), fullTime(payment.at)],
      ...(held
        ? ([
            [m.held_taken(), textOf(held.captured)],
            [m.held_deadline(), dayAndTime(held.until)],
          ] as const)
        : []),
      ...(payment.refunds.length > 0
        ? ([[m.refunded_so_far(), textOf(payment.refunded)]] as const)
        : []),
      ...(payment.receipt_number
        ? ([[m.fact_receipt(), payment.receipt_number]] as const)
        : ([[m.fact_number(), payment.payment]] as const)),
      ...(payment.decline ? ([[m.fact_reason(), declineWords(payment.decline)]] as const) : []),
    ],
    movement: payment.movement,
  };
}

export function outcomeOfTransfer(transfer: Transfer): Outcome {
  const who = transfer.payee.name_masked ?? transfer.payee.phone_masked;
  return {
    seal: 'done',
    title: m.transfer_done(),
    amount: transfer.amount,
    who,
    note: '',
    facts: [
      [m.fact_payee(), `${who} ${transfer.payee.phone_masked}`.trim()],
      ...(transfer.memo ? ([[m.memo(), transfer.memo]] as const) : []),
      [m.fact_from(), m.funding_balance()],
      [m.fact_time(), fullTime(transfer.at)],
      [m.fact_number(), transfer.transfer],
    ],
    movement: transfer.movement,
  };
}

export function outcomeOfCardMove(move: CardTransfer): Outcome {
  const seal =
    move.state === 'succeeded' ? 'done' : move.state === 'pending' ? 'pending' : 'failed';
  const card = `${bankNamed(move.card.bank_name)} ·${move.card.last4}`;
  const topUp = move.kind === 'top_up';
  const titles = topUp
    ? { done: m.top_up_done(), pending: m.top_up_pending(), failed: m.top_up_failed() }
    : { done: m.withdraw_done(), pending: m.withdraw_pending(), failed: m.withdraw_failed() };
  const reason =
    move.state === 'reversed'
      ? m.card_move_reversed({ amount: textOf(move.amount) })
      : m.card_move_declined();
  return {
    seal,
    title: titles[seal],
    amount: move.amount,
    who: card,
    note: noteFor(seal, move.final_by, reason),
    facts: [
      [topUp ? m.top_up_from() : m.withdraw_to(), card],
      [m.fact_time(), fullTime(move.at)],
      [m.fact_number(), move.id],
      ...(move.decline ? ([[m.fact_reason(), declineWords(move.decline)]] as const) : []),
    ],
    movement: move.movement,
  };
}
