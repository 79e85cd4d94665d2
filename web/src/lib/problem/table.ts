/** One row a refusal code. The list of codes is the server's error registry. */
import { m } from '$lib/paraglide/messages';
import type { Words } from './words';

export const WORDS: Readonly<Record<string, Words>> = {
  'app.offline': { what: m.problem_app_offline, next: m.problem_app_offline_next },
  'app.unexpected': { what: m.problem_app_unreadable, next: m.problem_app_unreadable_next },
  'app.unreadable': { what: m.problem_app_unreadable, next: m.problem_app_unreadable_next },
  'audit.no_checkpoint': { what: m.refusal_audit_no_checkpoint },
  'audit.no_such_tile': { what: m.refusal_audit_no_such_tile },
  'audit.not_yet_in_log': {
    what: m.refusal_audit_not_yet_in_log,
    next: m.refusal_audit_not_yet_in_log_next,
  },
  'customers.already_proven': { what: m.refusal_customers_already_proven },
  'customers.balance_cap_exceeded': { what: m.refusal_customers_balance_cap_exceeded },
  'customers.closing_obstructed': {
    what: m.refusal_customers_closing_obstructed,
    next: m.refusal_customers_closing_obstructed_next,
  },
  'customers.id_number_invalid': {
    what: m.refusal_customers_id_number_invalid,
    next: m.refusal_customers_id_number_invalid_next,
  },
  'customers.identity_in_use': {
    what: m.refusal_customers_identity_in_use,
    next: m.refusal_customers_identity_in_use_next,
  },
  'customers.identity_mismatch': {
    what: m.refusal_customers_identity_mismatch,
    next: m.refusal_customers_identity_mismatch_next,
  },
  'customers.identity_not_proven': { what: m.refusal_customers_identity_not_proven },
  'customers.limit_exceeded': { what: m.refusal_customers_limit_exceeded },
  'customers.name_malformed': {
    what: m.refusal_customers_name_malformed,
    next: m.refusal_customers_name_malformed_next,
  },
  'customers.payee_cannot_receive': {
    what: m.refusal_customers_payee_cannot_receive,
    next: m.refusal_customers_payee_cannot_receive_next,
  },
  'customers.portrait_malformed': {
    what: m.refusal_customers_portrait_malformed,
    next: m.refusal_customers_portrait_malformed_next,
  },
  'customers.proofing_unanswered': {
    what: m.refusal_customers_proofing_unanswered,
    next: m.refusal_customers_proofing_unanswered_next,
  },
  'customers.terms_outdated': {
    what: m.refusal_customers_terms_outdated,
    next: m.refusal_customers_terms_outdated_next,
  },
  'customers.too_young': { what: m.refusal_customers_too_young },
  'customers.wallet_closed': { what: m.refusal_customers_wallet_closed },
  'customers.wallet_frozen': {
    what: m.refusal_customers_wallet_frozen,
    next: m.refusal_customers_wallet_frozen_next,
  },
  'customers.wallet_not_found': { what: m.refusal_customers_wallet_not_found },
  'customers.wallet_not_frozen': { what: m.refusal_customers_wallet_not_frozen },
  'identity.already_registered': {
    what: m.refusal_identity_already_registered,
    next: m.refusal_identity_already_registered_next,
  },
  'identity.authorisation_invalid': {
    what: m.refusal_identity_authorisation_invalid,
    next: m.refusal_identity_authorisation_invalid_next,
  },
  'identity.code_not_fresh': {
    what: m.refusal_identity_code_not_fresh,
    next: m.refusal_identity_code_not_fresh_next,
  },
  'identity.code_spent': {
    what: m.refusal_identity_code_spent,
    next: m.refusal_identity_code_spent_next,
  },
  'identity.code_too_soon': {
    what: m.refusal_identity_code_too_soon,
    next: m.refusal_identity_code_too_soon_next,
  },
  'identity.code_wrong': { what: m.refusal_identity_code_wrong },
  'identity.not_registered': { what: m.refusal_identity_not_registered },
  'identity.phone_invalid': {
    what: m.refusal_identity_phone_invalid,
    next: m.refusal_identity_phone_invalid_next,
  },
  'identity.phone_unavailable': {
    what: m.refusal_identity_phone_unavailable,
    next: m.refusal_identity_phone_unavailable_next,
  },
  'identity.pin_locked': {
    what: m.refusal_identity_pin_locked,
    next: m.refusal_identity_pin_locked_next,
  },
  'identity.pin_required': { what: m.refusal_identity_pin_required },
  'identity.pin_unchanged': {
    what: m.refusal_identity_pin_unchanged,
    next: m.refusal_identity_pin_unchanged_next,
  },
  'identity.pin_weak': {
    what: m.refusal_identity_pin_weak,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.birthday': {
    what: m.refusal_identity_pin_weak_birthday,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.common': {
    what: m.refusal_identity_pin_weak_common,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.id_number': {
    what: m.refusal_identity_pin_weak_id_number,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.pattern': {
    what: m.refusal_identity_pin_weak_pattern,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.phone': {
    what: m.refusal_identity_pin_weak_phone,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.repeat': {
    what: m.refusal_identity_pin_weak_repeat,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_weak.run': {
    what: m.refusal_identity_pin_weak_run,
    next: m.refusal_identity_pin_weak_next,
  },
  'identity.pin_wrong': { what: m.refusal_identity_pin_wrong },
  'identity.proof_required': { what: m.refusal_identity_proof_required },
  'identity.signed_out': {
    what: m.refusal_identity_signed_out,
    next: m.refusal_identity_signed_out_next,
  },
  'instruments.bank_unanswered': {
    what: m.refusal_instruments_bank_unanswered,
    next: m.refusal_instruments_bank_unanswered_next,
  },
  'instruments.bank_unknown': {
    what: m.refusal_instruments_bank_unknown,
    next: m.refusal_instruments_bank_unknown_next,
  },
  'instruments.binding_ended': {
    what: m.refusal_instruments_binding_ended,
    next: m.refusal_instruments_binding_ended_next,
  },
  'instruments.binding_not_found': { what: m.refusal_instruments_binding_not_found },
  'instruments.card_already_bound': { what: m.refusal_instruments_card_already_bound },
  'instruments.card_busy': {
    what: m.refusal_instruments_card_busy,
    next: m.refusal_instruments_card_busy_next,
  },
  'instruments.card_cannot_pay': {
    what: m.refusal_instruments_card_cannot_pay,
    next: m.refusal_instruments_card_cannot_pay_next,
  },
  'instruments.card_cannot_top_up': {
    what: m.refusal_instruments_card_cannot_top_up,
    next: m.refusal_instruments_card_cannot_top_up_next,
  },
  'instruments.card_cannot_withdraw': {
    what: m.refusal_instruments_card_cannot_withdraw,
    next: m.refusal_instruments_card_cannot_withdraw_next,
  },
  'instruments.card_number_invalid': {
    what: m.refusal_instruments_card_number_invalid,
    next: m.refusal_instruments_card_number_invalid_next,
  },
  'instruments.card_restricted': {
    what: m.refusal_instruments_card_restricted,
    next: m.refusal_instruments_card_restricted_next,
  },
  'instruments.card_unknown': { what: m.refusal_instruments_card_unknown },
  'instruments.code_wrong': { what: m.refusal_instruments_code_wrong },
  'instruments.details_mismatch': {
    what: m.refusal_instruments_details_mismatch,
    next: m.refusal_instruments_details_mismatch_next,
  },
  'instruments.too_many_cards': {
    what: m.refusal_instruments_too_many_cards,
    next: m.refusal_instruments_too_many_cards_next,
  },
  'kernel.busy': { what: m.refusal_kernel_busy, next: m.refusal_kernel_busy_next },
  'kernel.database_away': {
    what: m.refusal_kernel_database_away,
    next: m.refusal_kernel_database_away_next,
  },
  'kernel.outcome_unknown': {
    what: m.refusal_kernel_outcome_unknown,
    next: m.refusal_kernel_outcome_unknown_next,
  },
  'kernel.overloaded': {
    what: m.refusal_kernel_overloaded,
    next: m.refusal_kernel_overloaded_next,
  },
  'kernel.write_refused': {
    what: m.refusal_kernel_write_refused,
    next: m.refusal_kernel_write_refused_next,
  },
  'ledger.account_closed': { what: m.refusal_ledger_account_closed },
  'ledger.account_not_empty': {
    what: m.refusal_ledger_account_not_empty,
    next: m.refusal_ledger_account_not_empty_next,
  },
  'ledger.already_reversed': { what: m.refusal_ledger_already_reversed },
  'ledger.archived': { what: m.refusal_ledger_archived, next: m.refusal_ledger_archived_next },
  'ledger.capture_exceeds_hold': { what: m.refusal_ledger_capture_exceeds_hold },
  'ledger.day_not_closed': { what: m.refusal_ledger_day_not_closed },
  'ledger.day_not_over': { what: m.refusal_ledger_day_not_over },
  'ledger.hold_expired': { what: m.refusal_ledger_hold_expired },
  'ledger.hold_not_open': { what: m.refusal_ledger_hold_not_open },
  'ledger.insufficient_funds': {
    what: m.refusal_ledger_insufficient_funds,
    next: m.refusal_ledger_insufficient_funds_next,
  },
  'ledger.movement_not_found': { what: m.refusal_ledger_movement_not_found },
  'ledger.reversal_stands': { what: m.refusal_ledger_reversal_stands },
  'merchants.store_closed': { what: m.refusal_merchants_store_closed },
  'merchants.store_not_found': { what: m.refusal_merchants_store_not_found },
  'payments.amount_changed': {
    what: m.refusal_payments_amount_changed,
    next: m.refusal_payments_amount_changed_next,
  },
  'payments.card_cannot_pay': {
    what: m.refusal_payments_card_cannot_pay,
    next: m.refusal_payments_card_cannot_pay_next,
  },
  'payments.code_altered': {
    what: m.refusal_payments_code_altered,
    next: m.refusal_payments_code_altered_next,
  },
  'payments.code_unknown': {
    what: m.refusal_payments_code_unknown,
    next: m.refusal_payments_code_unknown_next,
  },
  'payments.hold_needs_balance': {
    what: m.refusal_payments_hold_needs_balance,
    next: m.refusal_payments_hold_needs_balance_next,
  },
  'payments.not_refundable': { what: m.refusal_payments_not_refundable },
  'payments.order_already_paid': {
    what: m.refusal_payments_order_already_paid,
    next: m.refusal_payments_order_already_paid_next,
  },
  'payments.order_being_paid': {
    what: m.refusal_payments_order_being_paid,
    next: m.refusal_payments_order_being_paid_next,
  },
  'payments.order_closed': { what: m.refusal_payments_order_closed },
  'payments.order_expired': {
    what: m.refusal_payments_order_expired,
    next: m.refusal_payments_order_expired_next,
  },
  'payments.order_not_found': { what: m.refusal_payments_order_not_found },
  'payments.payment_not_found': { what: m.refusal_payments_payment_not_found },
  'payments.payment_not_held': { what: m.refusal_payments_payment_not_held },
  'payments.payment_reversed': {
    what: m.refusal_payments_payment_reversed,
    next: m.refusal_payments_payment_reversed_next,
  },
  'payments.refund_exceeds_payment': {
    what: m.refusal_payments_refund_exceeds_payment,
    next: m.refusal_payments_refund_exceeds_payment_next,
  },
  'payments.refund_too_late': {
    what: m.refusal_payments_refund_too_late,
    next: m.refusal_payments_refund_too_late_next,
  },
  'payments.refunds_exhausted': { what: m.refusal_payments_refunds_exhausted },
  'payments.reversal_unfit': {
    what: m.refusal_payments_reversal_unfit,
    next: m.refusal_payments_reversal_unfit_next,
  },
  'payments.same_payment_pending': {
    what: m.refusal_payments_same_payment_pending,
    next: m.refusal_payments_same_payment_pending_next,
  },
  'payments.scheme_not_routable': {
    what: m.refusal_payments_scheme_not_routable,
    next: m.refusal_payments_scheme_not_routable_next,
  },
  'payments.self_payment': { what: m.refusal_payments_self_payment },
  'payments.shop_short_of_money': {
    what: m.refusal_payments_shop_short_of_money,
    next: m.refusal_payments_shop_short_of_money_next,
  },
  'qr.bad_amount': { what: m.refusal_qr_bad_amount, next: m.refusal_qr_any_next },
  'qr.bad_category': { what: m.refusal_qr_bad_category, next: m.refusal_qr_any_next },
  'qr.bad_character': { what: m.refusal_qr_bad_character, next: m.refusal_qr_any_next },
  'qr.bad_country': { what: m.refusal_qr_bad_country, next: m.refusal_qr_any_next },
  'qr.bad_currency': { what: m.refusal_qr_bad_currency, next: m.refusal_qr_any_next },
  'qr.bad_field': { what: m.refusal_qr_bad_field, next: m.refusal_qr_any_next },
  'qr.bad_format_indicator': {
    what: m.refusal_qr_bad_format_indicator,
    next: m.refusal_qr_any_next,
  },
  'qr.bad_length': { what: m.refusal_qr_bad_length, next: m.refusal_qr_any_next },
  'qr.bad_tag': { what: m.refusal_qr_bad_tag, next: m.refusal_qr_any_next },
  'qr.crc_mismatch': { what: m.refusal_qr_crc_mismatch, next: m.refusal_qr_any_next },
  'qr.crc_missing': { what: m.refusal_qr_crc_missing, next: m.refusal_qr_any_next },
  'qr.duplicate_tag': { what: m.refusal_qr_duplicate_tag, next: m.refusal_qr_any_next },
  'qr.missing_field': { what: m.refusal_qr_missing_field, next: m.refusal_qr_any_next },
  'qr.not_emvco': { what: m.refusal_qr_not_emvco, next: m.refusal_qr_not_emvco_next },
  'qr.too_long': { what: m.refusal_qr_too_long, next: m.refusal_qr_any_next },
  'request.body_too_large': {
    what: m.refusal_request_body_too_large,
    next: m.refusal_request_body_too_large_next,
  },
  'request.device_missing': {
    what: m.refusal_request_device_missing,
    next: m.refusal_request_device_missing_next,
  },
  'request.foreign_origin': { what: m.refusal_request_foreign_origin },
  'request.in_progress': {
    what: m.refusal_request_in_progress,
    next: m.refusal_request_in_progress_next,
  },
  'request.invalid': { what: m.refusal_request_invalid, next: m.refusal_request_invalid_next },
  'request.invalid_cursor': {
    what: m.refusal_request_invalid_cursor,
    next: m.refusal_request_invalid_cursor_next,
  },
  'request.key_missing': {
    what: m.refusal_request_key_missing,
    next: m.refusal_request_key_missing_next,
  },
  'request.key_reused': {
    what: m.refusal_request_key_reused,
    next: m.refusal_request_key_reused_next,
  },
  'request.malformed_http': {
    what: m.refusal_request_malformed_http,
    next: m.refusal_request_malformed_http_next,
  },
  'request.malformed_id': {
    what: m.refusal_request_malformed_id,
    next: m.refusal_request_malformed_id_next,
  },
  'request.method_not_allowed': { what: m.refusal_request_method_not_allowed },
  'request.not_found': { what: m.refusal_request_not_found },
  'request.too_many': { what: m.refusal_request_too_many, next: m.refusal_request_too_many_next },
  'request.unknown_currency': { what: m.refusal_request_unknown_currency },
  'statements.month_not_found': {
    what: m.refusal_statements_month_not_found,
    next: m.refusal_statements_month_not_found_next,
  },
  'statements.no_signing_key': {
    what: m.refusal_statements_no_signing_key,
    next: m.refusal_statements_no_signing_key_next,
  },
  'statements.volume_not_found': { what: m.refusal_statements_volume_not_found },
  'transfers.amount_changed': { what: m.refusal_transfers_amount_changed },
  'transfers.amount_out_of_range': { what: m.refusal_transfers_amount_out_of_range },
  'transfers.card_transfer_not_found': { what: m.refusal_transfers_card_transfer_not_found },
  'transfers.new_payee_held_back': {
    what: m.refusal_transfers_new_payee_held_back,
    next: m.refusal_transfers_new_payee_held_back_next,
  },
  'transfers.new_payee_limit_exceeded': {
    what: m.refusal_transfers_new_payee_limit_exceeded,
    next: m.refusal_transfers_new_payee_limit_exceeded_next,
  },
  'transfers.payee_not_found': {
    what: m.refusal_transfers_payee_not_found,
    next: m.refusal_transfers_payee_not_found_next,
  },
  'transfers.receive_code_expired': {
    what: m.refusal_transfers_receive_code_expired,
    next: m.refusal_transfers_receive_code_any_next,
  },
  'transfers.receive_code_unknown': {
    what: m.refusal_transfers_receive_code_unknown,
    next: m.refusal_transfers_receive_code_any_next,
  },
  'transfers.receive_code_used': {
    what: m.refusal_transfers_receive_code_used,
    next: m.refusal_transfers_receive_code_any_next,
  },
  'transfers.same_amount_pending': {
    what: m.refusal_transfers_same_amount_pending,
    next: m.refusal_transfers_same_amount_pending_next,
  },
  'transfers.self_transfer': { what: m.refusal_transfers_self_transfer },
  'transfers.standing_days_invalid': { what: m.refusal_transfers_standing_days_invalid },
  'transfers.standing_order_ended': { what: m.refusal_transfers_standing_order_ended },
  'transfers.standing_order_not_found': { what: m.refusal_transfers_standing_order_not_found },
  'transfers.standing_orders_full': {
    what: m.refusal_transfers_standing_orders_full,
    next: m.refusal_transfers_standing_orders_full_next,
  },
  'transfers.transfer_not_found': { what: m.refusal_transfers_transfer_not_found },
};
