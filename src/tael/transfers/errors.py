"""Refusals of transfers between persons. None of them moves money."""

from tael.kernel.refusals import Advice, Refusal


class PayeeNotFound(Refusal):
    """Nobody with a wallet here goes by that."""

    code = "transfers.payee_not_found"
    advice = Advice.NEVER


class SelfTransfer(Refusal):
    """That is your own wallet: choose somebody else."""

    code = "transfers.self_transfer"
    advice = Advice.NEVER


class NewPayeeHeldBack(Refusal):
    """Your PIN or phone number changed lately, so new payees must wait until the time given."""

    code = "transfers.new_payee_held_back"
    advice = Advice.NEW_KEY


class NewPayeeLimitExceeded(Refusal):
    """This payee is new to you, so less can be sent at first; known payees have no such limit."""

    code = "transfers.new_payee_limit_exceeded"
    advice = Advice.NEW_KEY


class ReceiveCodeUnknown(Refusal):
    """This receive code leads to nobody: it was replaced or never made."""

    code = "transfers.receive_code_unknown"
    advice = Advice.NEVER


class ReceiveCodeExpired(Refusal):
    """This receive code has expired: ask the payee for a fresh one."""

    code = "transfers.receive_code_expired"
    advice = Advice.NEVER


class ReceiveCodeUsed(Refusal):
    """This receive code was for one transfer, and that was made. Nothing was sent again."""

    code = "transfers.receive_code_used"
    advice = Advice.NEVER


class AmountChanged(Refusal):
    """The amount is not the one that the payee's code asks for; nothing was sent."""

    code = "transfers.amount_changed"
    advice = Advice.NEVER


class TransferNotFound(Refusal):
    """You have made no such transfer."""

    code = "transfers.transfer_not_found"
    advice = Advice.NEVER
