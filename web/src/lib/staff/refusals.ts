/** The refusals that only the console meets, in words. */
import { m } from '$lib/paraglide/messages';
import type { Words } from '$lib/problem/words';

export const STAFF_WORDS: Readonly<Record<string, Words>> = {
  'ops.account_unknown': { what: m.refusal_ops_account_unknown },
  'ops.effective_day_refused': { what: m.refusal_ops_effective_day_refused },
  'ops.not_own_account': { what: m.refusal_ops_not_own_account },
  'ops.payout_file_invalid': {
    what: m.refusal_ops_payout_file_invalid,
    next: m.refusal_ops_payout_file_invalid_next,
  },
  'ops.payout_lines_refused': {
    what: m.refusal_ops_payout_lines_refused,
    next: m.refusal_ops_payout_lines_refused_next,
  },
  'ops.payout_not_found': { what: m.refusal_ops_payout_not_found },
  'ops.payout_repeated': { what: m.refusal_ops_payout_repeated },
  'ops.same_account': { what: m.refusal_ops_same_account },
  'settlement.break_ended': {
    what: m.refusal_settlement_break_ended,
    next: m.refusal_settlement_break_ended_next,
  },
  'settlement.break_not_found': { what: m.refusal_settlement_break_not_found },
  'settlement.breaks_do_not_cancel': {
    what: m.refusal_settlement_breaks_do_not_cancel,
    next: m.refusal_settlement_breaks_do_not_cancel_next,
  },
  'settlement.day_out_of_order': { what: m.refusal_settlement_day_out_of_order },
  'settlement.file_changed': {
    what: m.refusal_settlement_file_changed,
    next: m.refusal_settlement_file_changed_next,
  },
  'settlement.file_malformed': {
    what: m.refusal_settlement_file_malformed,
    next: m.refusal_settlement_file_malformed_next,
  },
  'settlement.file_missing': { what: m.refusal_settlement_file_missing },
  'settlement.run_not_found': { what: m.refusal_settlement_run_not_found },
  'staff.already_proposed': { what: m.refusal_staff_already_proposed },
  'staff.approval_ended': {
    what: m.refusal_staff_approval_ended,
    next: m.refusal_staff_approval_ended_next,
  },
  'staff.approval_kind_unknown': { what: m.refusal_staff_approval_kind_unknown },
  'staff.approval_not_found': { what: m.refusal_staff_approval_not_found },
  'staff.approval_not_own': { what: m.refusal_staff_approval_not_own },
  'staff.approval_own': { what: m.refusal_staff_approval_own },
  'staff.login_invalid': { what: m.refusal_staff_login_invalid },
  'staff.login_taken': { what: m.refusal_staff_login_taken },
  'staff.password_change_due': { what: m.refusal_staff_password_change_due },
  'staff.password_unchanged': { what: m.refusal_staff_password_unchanged },
  'staff.password_weak': {
    what: m.refusal_staff_password_weak,
    next: m.refusal_staff_password_weak_next,
  },
  'staff.role_missing': {
    what: m.refusal_staff_role_missing,
    next: m.refusal_staff_role_missing_next,
  },
  'staff.colleague_not_found': { what: m.refusal_staff_colleague_not_found },
  'staff.sign_in_delayed': {
    what: m.refusal_staff_sign_in_delayed,
    next: m.refusal_staff_sign_in_delayed_next,
  },
  'staff.sign_in_wrong': {
    what: m.refusal_staff_sign_in_wrong,
    next: m.refusal_staff_sign_in_wrong_next,
  },
  'staff.signed_out': {
    what: m.refusal_staff_signed_out,
    next: m.refusal_staff_signed_out_next,
  },
};
