/** One row a refusal code. The list of codes is the server's error registry. */
import { m } from '$lib/paraglide/messages';
import type { Words } from './words';

export const WORDS: Readonly<Record<string, Words>> = {
  'app.offline': { what: m.p_app_offline, next: m.p_app_offline_next },
  'app.unexpected': { what: m.p_app_unreadable, next: m.p_app_unreadable_next },
  'app.unreadable': { what: m.p_app_unreadable, next: m.p_app_unreadable_next },
  'customers.already_proven': { what: m.p_customers_already_proven },
  'customers.balance_cap_exceeded': { what: m.p_customers_balance_cap_exceeded },
  'customers.closing_obstructed': {
    what: m.p_customers_closing_obstructed,
    next: m.p_customers_closing_obstructed_next,
  },
  'customers.id_number_invalid': {
    what: m.p_customers_id_number_invalid,
    next: m.p_customers_id_number_invalid_next,
  },
  'customers.identity_in_use': {
    what: m.p_customers_identity_in_use,
    next: m.p_customers_identity_in_use_next,
  },
  'customers.identity_mismatch': {
    what: m.p_customers_identity_mismatch,
    next: m.p_customers_identity_mismatch_next,
  },
  'customers.identity_not_proven': { what: m.p_customers_identity_not_proven },
  'customers.limit_exceeded': { what: m.p_limit },
  'customers.name_malformed': {
    what: m.p_customers_name_malformed,
    next: m.p_customers_name_malformed_next,
  },
  'customers.payee_cannot_receive': {
    what: m.p_customers_payee_cannot_receive,
    next: m.p_customers_payee_cannot_receive_next,
  },
  'customers.portrait_malformed': {
    what: m.p_customers_portrait_malformed,
    next: m.p_customers_portrait_malformed_next,
  },
  'customers.proofing_unanswered': {
    what: m.p_customers_proofing_unanswered,
    next: m.p_customers_proofing_unanswered_next,
  },
  'customers.terms_outdated': {
    what: m.p_customers_terms_outdated,
    next: m.p_customers_terms_outdated_next,
  },
  'customers.too_young': { what: m.p_customers_too_young },
  'customers.wallet_closed': { what: m.p_customers_wallet_closed },
  'customers.wallet_frozen': {
    what: m.p_customers_wallet_frozen,
    next: m.p_customers_wallet_frozen_next,
  },
  'customers.wallet_not_found': { what: m.p_customers_wallet_not_found },
  'customers.wallet_not_frozen': { what: m.p_customers_wallet_not_frozen },
  'identity.already_registered': {
    what: m.p_identity_already_registered,
    next: m.p_identity_already_registered_next,
  },
  'identity.authorisation_invalid': {
    what: m.p_identity_authorisation_invalid,
    next: m.p_identity_authorisation_invalid_next,
  },
  'identity.code_not_fresh': {
    what: m.p_identity_code_not_fresh,
    next: m.p_identity_code_not_fresh_next,
  },
  'identity.code_spent': { what: m.p_identity_code_spent, next: m.p_identity_code_spent_next },
  'identity.code_too_soon': {
    what: m.p_identity_code_too_soon,
    next: m.p_identity_code_too_soon_next,
  },
  'identity.code_wrong': { what: m.p_identity_code_wrong },
  'identity.not_registered': { what: m.p_identity_not_registered },
  'identity.phone_invalid': {
    what: m.p_identity_phone_invalid,
    next: m.p_identity_phone_invalid_next,
  },
  'identity.phone_unavailable': {
    what: m.p_identity_phone_unavailable,
    next: m.p_identity_phone_unavailable_next,
  },
  'identity.pin_locked': { what: m.p_identity_pin_locked, next: m.p_identity_pin_locked_next },
  'identity.pin_required': { what: m.p_identity_pin_required },
  'identity.pin_unchanged': {
    what: m.p_identity_pin_unchanged,
    next: m.p_identity_pin_unchanged_next,
  },
  'identity.pin_weak.birthday': {
    what: m.p_identity_pin_weak_birthday,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.common': {
    what: m.p_identity_pin_weak_common,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.id_number': {
    what: m.p_identity_pin_weak_id_number,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.pattern': {
    what: m.p_identity_pin_weak_pattern,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.phone': {
    what: m.p_identity_pin_weak_phone,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.repeat': {
    what: m.p_identity_pin_weak_repeat,
    next: m.p_identity_pin_weak_next,
  },
  'identity.pin_weak.run': { what: m.p_identity_pin_weak_run, next: m.p_identity_pin_weak_next },
  'identity.pin_wrong': { what: m.p_identity_pin_wrong },
  'identity.proof_required': { what: m.p_identity_proof_required },
  'identity.signed_out': { what: m.p_identity_signed_out, next: m.p_identity_signed_out_next },
  'kernel.busy': { what: m.p_kernel_busy, next: m.p_kernel_busy_next },
  'kernel.outcome_unknown': { what: m.p_request_in_progress, next: m.p_request_in_progress_next },
  'kernel.overloaded': { what: m.p_kernel_busy, next: m.p_kernel_busy_next },
  'ledger.account_closed': { what: m.p_ledger_account_closed },
  'ledger.insufficient_funds': {
    what: m.p_ledger_insufficient_funds,
    next: m.p_ledger_insufficient_funds_next,
  },
  'merchants.store_closed': { what: m.p_merchants_store_closed },
  'merchants.store_not_found': { what: m.p_merchants_store_not_found },
  'payments.amount_changed': {
    what: m.p_payments_amount_changed,
    next: m.p_payments_amount_changed_next,
  },
  'payments.card_cannot_pay': {
    what: m.p_payments_card_cannot_pay,
    next: m.p_payments_card_cannot_pay_next,
  },
  'payments.code_altered': {
    what: m.p_payments_code_altered,
    next: m.p_payments_code_altered_next,
  },
  'payments.code_unknown': {
    what: m.p_payments_code_unknown,
    next: m.p_payments_code_unknown_next,
  },
  'payments.order_already_paid': {
    what: m.p_payments_order_already_paid,
    next: m.p_payments_order_already_paid_next,
  },
  'payments.order_being_paid': {
    what: m.p_payments_order_being_paid,
    next: m.p_payments_order_being_paid_next,
  },
  'payments.order_closed': { what: m.p_payments_order_closed },
  'payments.order_expired': {
    what: m.p_payments_order_expired,
    next: m.p_payments_order_expired_next,
  },
  'payments.order_not_found': { what: m.p_payments_order_not_found },
  'payments.payment_not_found': { what: m.p_payments_payment_not_found },
  'payments.same_payment_pending': {
    what: m.p_payments_same_payment_pending,
    next: m.p_payments_same_payment_pending_next,
  },
  'payments.scheme_not_routable': {
    what: m.p_payments_scheme_not_routable,
    next: m.p_payments_scheme_not_routable_next,
  },
  'payments.self_payment': { what: m.p_payments_self_payment },
  'qr.*': { what: m.p_qr_damaged, next: m.p_qr_damaged_next },
  'qr.not_emvco': { what: m.p_qr_not_emvco, next: m.p_qr_not_emvco_next },
  'request.in_progress': { what: m.p_request_in_progress, next: m.p_request_in_progress_next },
  'request.invalid': { what: m.p_request_invalid, next: m.p_request_invalid_next },
  'request.not_found': { what: m.p_request_not_found },
  'request.too_many': { what: m.p_request_too_many, next: m.p_request_too_many_next },
  'transfers.amount_changed': { what: m.p_transfers_amount_changed },
  'transfers.new_payee_held_back': {
    what: m.p_transfers_new_payee_held_back,
    next: m.p_transfers_new_payee_held_back_next,
  },
  'transfers.new_payee_limit_exceeded': {
    what: m.p_transfers_new_payee_limit_exceeded,
    next: m.p_transfers_new_payee_limit_exceeded_next,
  },
  'transfers.payee_not_found': {
    what: m.p_transfers_payee_not_found,
    next: m.p_transfers_payee_not_found_next,
  },
  'transfers.receive_code_expired': {
    what: m.p_transfers_receive_code_expired,
    next: m.p_transfers_receive_code_next,
  },
  'transfers.receive_code_unknown': {
    what: m.p_transfers_receive_code_unknown,
    next: m.p_transfers_receive_code_next,
  },
  'transfers.receive_code_used': {
    what: m.p_transfers_receive_code_used,
    next: m.p_transfers_receive_code_next,
  },
  'transfers.self_transfer': { what: m.p_transfers_self_transfer },
  'transfers.transfer_not_found': { what: m.p_transfers_transfer_not_found },
};
