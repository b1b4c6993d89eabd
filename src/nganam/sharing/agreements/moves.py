"""The deed behind each transition that somebody makes; the others are the platform's own."""

from collections.abc import Callable

from nganam.sharing.agreements import connecting, drafting, ending, joining, leaving, operations, signing

MOVES: dict[str, Callable[..., object]] = {
    "submit": operations.submit,
    "confirm_special": operations.confirm_special,
    "to_default": operations.send_to_default,
    "review": operations.record_review,
    "not_agree": operations.not_agree,
    "withdraw": operations.withdraw,
    "save": drafting.save_version,
    "save_change": drafting.save_version,
    "agree": drafting.agree,
    "agree_change": drafting.agree,
    "back_to_draft": drafting.return_to_drafting,
    "back_to_amend": drafting.return_to_drafting,
    "amend": drafting.begin_amendment,
    "drop_change": drafting.drop_amendment,
    "sign": signing.sign,
    "sign_change": signing.sign,
    "review_default": signing.review_default,
    "connect": connecting.connect,
    "terminate": ending.terminate,
    "leave": leaving.leave,
    "accept_deletion": leaving.accept_deletion,
    "report_deletion": ending.report_deletion,
    "return_deletion": ending.return_deletion,
    "confirm_deletion": ending.confirm_deletion,
}
JOINING_MOVES: dict[str, Callable[..., object]] = {
    "accept": joining.accept,
    "refuse": joining.refuse,
    "withdraw": joining.withdraw_joining,
}
