/** Words for the closed lists of values that only the console shows. An unknown one is shown as it came. */
import type { MovementKind } from '$lib/api/types';
import { m } from '$lib/paraglide/messages';
import { movementKind } from '$lib/words';
import type { AccountKind, Approval, LineFault, Role, StaffAct } from './api';

type Worded<Value extends string> = Readonly<Record<Value, () => string>>;

const spoken = <Value extends string>(words: Worded<Value>, value: Value): string =>
  words[value]?.() ?? value;

const ROLES: Worded<Role> = {
  clerk: m.staff_role_clerk,
  checker: m.staff_role_checker,
  auditor: m.staff_role_auditor,
  administrator: m.staff_role_administrator,
};

const ACCOUNTS: Worded<AccountKind> = {
  customer_cash: m.desk_kind_customer_cash,
  merchant_payable: m.desk_kind_merchant_payable,
  card_clearing: m.desk_kind_card_clearing,
  fees: m.desk_kind_fees,
  suspense: m.desk_kind_suspense,
  customer_points: m.desk_kind_customer_points,
  points_issued: m.desk_kind_points_issued,
  interest_expense: m.desk_kind_interest_expense,
};

const STATES: Worded<Approval['state']> = {
  proposed: m.desk_state_proposed,
  approved: m.desk_state_approved,
  rejected: m.desk_state_rejected,
  withdrawn: m.desk_state_withdrawn,
  expired: m.desk_state_expired,
};

const APPROVALS: Readonly<Record<string, () => string>> = {
  'ledger.reversal': m.desk_approval_reversal,
  'ledger.adjustment': m.desk_approval_adjustment,
  'payouts.bulk': m.desk_approval_payout,
  'settlement.resolve_break': m.desk_approval_break,
};

const FAULTS: Worded<LineFault> = {
  header: m.desk_fault_header,
  columns: m.desk_fault_columns,
  wallet_malformed: m.desk_fault_wallet_malformed,
  wallet_unknown: m.desk_fault_wallet_unknown,
  wallet_repeated: m.desk_fault_wallet_repeated,
  amount_malformed: m.desk_fault_amount_malformed,
  memo_too_long: m.desk_fault_memo_too_long,
  too_many: m.desk_fault_too_many,
  empty: m.desk_fault_empty,
};

const ACTS: Worded<StaffAct> = {
  added: m.desk_act_added,
  disabled: m.desk_act_disabled,
  roles_changed: m.desk_act_roles_changed,
  password_reset: m.desk_act_password_reset,
  password_changed: m.desk_act_password_changed,
  signed_in: m.desk_act_signed_in,
  signed_out: m.desk_act_signed_out,
  proposed: m.desk_act_proposed,
  approved: m.desk_act_approved,
  not_carried_out: m.desk_act_not_carried_out,
  rejected: m.desk_act_rejected,
  withdrawn: m.desk_act_withdrawn,
};

const STEPS: Readonly<Record<string, () => string>> = {
  hold: m.desk_step_hold,
  order: m.desk_step_order,
  operation: m.desk_step_operation,
  approval: m.desk_step_approval,
  event: m.desk_step_event,
  log: m.desk_step_log,
  payout: m.desk_step_payout,
};

export const roleName = (role: Role): string => spoken(ROLES, role);
export const accountKind = (kind: AccountKind): string => spoken(ACCOUNTS, kind);
export const approvalState = (state: Approval['state']): string => spoken(STATES, state);
export const approvalKind = (kind: string): string => APPROVALS[kind]?.() ?? kind;
export const lineFault = (fault: LineFault): string => spoken(FAULTS, fault);
export const actName = (act: StaffAct): string => spoken(ACTS, act);
export const stepName = (what: string): string =>
  STEPS[what]?.() ?? movementKind(what as MovementKind);

export function stateTone(state: Approval['state']): 'good' | 'warning' | 'bad' | 'plain' {
  if (state === 'approved') return 'good';
  if (state === 'proposed') return 'warning';
  return state === 'rejected' ? 'bad' : 'plain';
}
