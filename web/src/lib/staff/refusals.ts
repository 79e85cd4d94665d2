/** The refusals that only the console meets, in words. */
import { m } from '$lib/paraglide/messages';
import type { Words } from '$lib/problem/words';

export const STAFF_WORDS: Readonly<Record<string, Words>> = {
  'identity.already_proposed': { what: m.refusal_identity_already_proposed },
  'identity.approval_ended': {
    what: m.refusal_identity_approval_ended,
    next: m.refusal_identity_approval_ended_next,
  },
  'identity.approval_kind_unknown': { what: m.refusal_identity_approval_kind_unknown },
  'identity.approval_not_found': { what: m.refusal_identity_approval_not_found },
  'identity.approval_not_own': { what: m.refusal_identity_approval_not_own },
  'identity.approval_own': { what: m.refusal_identity_approval_own },
  'identity.login_invalid': { what: m.refusal_identity_login_invalid },
  'identity.login_taken': { what: m.refusal_identity_login_taken },
  'identity.password_change_due': { what: m.refusal_identity_password_change_due },
  'identity.password_unchanged': { what: m.refusal_identity_password_unchanged },
  'identity.password_weak': {
    what: m.refusal_identity_password_weak,
    next: m.refusal_identity_password_weak_next,
  },
  'identity.role_missing': {
    what: m.refusal_identity_role_missing,
    next: m.refusal_identity_role_missing_next,
  },
  'identity.staff_not_found': { what: m.refusal_identity_staff_not_found },
  'identity.staff_sign_in_delayed': {
    what: m.refusal_identity_staff_sign_in_delayed,
    next: m.refusal_identity_staff_sign_in_delayed_next,
  },
  'identity.staff_sign_in_wrong': {
    what: m.refusal_identity_staff_sign_in_wrong,
    next: m.refusal_identity_staff_sign_in_wrong_next,
  },
  'identity.staff_signed_out': {
    what: m.refusal_identity_staff_signed_out,
    next: m.refusal_identity_staff_signed_out_next,
  },
};
