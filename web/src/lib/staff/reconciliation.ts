/** Reconciliation at the console: its calls, and words for its closed lists of values. */
import type { components } from '$lib/api/schema';
import { client, read } from '$lib/api/wire';
import { m } from '$lib/paraglide/messages';

type Shapes = components['schemas'];

export type Run = Shapes['RunWire'];
export type Break = Shapes['BreakWire'];
export type BreakDetail = Shapes['BreakDetail'];
export type BreakType = Shapes['BreakType'];
export type BreakState = Shapes['BreakState'];

export interface BreaksQuery {
  state?: BreakState;
  type?: BreakType;
  day?: string;
  before?: string;
}

export const getRuns = (before?: string) =>
  read(() =>
    client.GET('/api/staff/reconciliation/runs', { params: { query: before ? { before } : {} } }),
  );
export const getRun = (day: string) =>
  read(() => client.GET('/api/staff/reconciliation/runs/{day}', { params: { path: { day } } }));
export const getBreaks = (query: BreaksQuery) =>
  read(() => client.GET('/api/staff/reconciliation/breaks', { params: { query } }));
export const getBreak = (break_id: string) =>
  read(() =>
    client.GET('/api/staff/reconciliation/breaks/{break_id}', { params: { path: { break_id } } }),
  );

export const BREAK_TYPES: readonly BreakType[] = [
  'missing_here',
  'missing_there',
  'amount',
  'duplicate',
  'late',
];

const TYPES: Readonly<Record<BreakType, () => string>> = {
  missing_here: m.rec_missing_here,
  missing_there: m.rec_missing_there,
  amount: m.rec_amount,
  duplicate: m.rec_duplicate,
  late: m.rec_late,
};

const STATES: Readonly<Record<BreakState, () => string>> = {
  open: m.rec_state_open,
  cleared: m.rec_state_cleared,
  posted: m.rec_state_posted,
  linked: m.rec_state_linked,
};

const LINES: Readonly<Record<string, () => string>> = {
  purchase: m.rec_line_purchase,
  credit: m.rec_line_credit,
  refund: m.rec_line_refund,
  reversal: m.rec_line_reversal,
};

export const breakType = (type: BreakType): string => TYPES[type]();
export const breakState = (state: BreakState): string => STATES[state]();
export const lineType = (type: string): string => LINES[type]?.() ?? type;
