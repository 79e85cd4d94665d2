/** Standing orders in words. */
import type { StandingOrder, Timetable } from './api/types';
import { m } from './paraglide/messages';
import { session } from './state/session.svelte';
import { dateOnly, isoDay } from './time';

const DAY_MS = 86_400_000;

/** The first day that a standing order may begin on, in the bank's own time. */
export const tomorrow = (): string => isoDay(new Date(session.bankNow.getTime() + DAY_MS));

/** A day of the bank (2026-12-01) in the reader's words. */
export const dayOf = (day: string): string => dateOnly(`${day}T04:00:00Z`);

/** How often, in a few words. */
export function often(every: Timetable['every']): string {
  switch (every) {
    case 'once':
      return m.standing_once();
    case 'week':
      return m.standing_week();
    case 'month':
      return m.standing_month();
  }
}

/** When it goes on, or that it does not. */
export function nextOf(order: StandingOrder): string {
  if (order.next_on) return m.standing_next({ day: dayOf(order.next_on) });
  switch (order.state) {
    case 'cancelled':
      return m.standing_cancelled();
    case 'finished':
      return m.standing_finished();
    default:
      return m.standing_ended();
  }
}
