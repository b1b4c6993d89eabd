"""The one table "event to tasks": what one room announces and which task of another room reacts.

Keys are audit actions announced through ``nganam.notices.operations.announce``; values are import paths of job
functions that take the event's public code and its payload.
"""

DEFAULT_LIST = ("nganam.sharing.agreements.tasks.tell_taken_up",)
GATEWAY = ("nganam.lgsp.tasks.compile_gateway",)
INDEX = ("nganam.portal.tasks.reindex",)
OUTSIDE = ("nganam.sharing.outside.tasks.follow_request",)
SANDBOX = ("nganam.services.tasks.make_sandbox",)
WOUND_UP = ("nganam.sharing.tasks.follow_service_end",)
ERASED = (
    "nganam.sharing.tasks.tell_of_erasure", "nganam.warehouse.tasks.tell_of_erasure",
    "nganam.master.tasks.follow_erasure",
)  # fmt: skip
MODELS = ("nganam.warehouse.tasks.follow_load",)
VIEWS = ("nganam.portal.tasks.prepare_views",)
CLOSED = ("nganam.services.tasks.follow_agency_end", "nganam.sharing.tasks.follow_agency_end")

TABLE: dict[str, tuple[str, ...]] = {
    "agencies.agency.closed": CLOSED,
    "catalogue.edition.issue": INDEX + DEFAULT_LIST,
    "catalogue.edition.publish": INDEX,
    "opendata.dataset.publish": INDEX + VIEWS,
    "opendata.dataset.update": INDEX + VIEWS,
    "opendata.dataset.remove": INDEX,
    "services.service.publish": GATEWAY + INDEX + SANDBOX,
    "services.service.suspend": GATEWAY + INDEX,
    "services.service.resume": GATEWAY + INDEX,
    "services.service.end": GATEWAY + INDEX + WOUND_UP,
    "services.revision.apply": GATEWAY + INDEX + SANDBOX,
    "services.revision.take_effect": GATEWAY + INDEX + SANDBOX,
    "sharing.account.hand_over": GATEWAY,
    "sharing.account.lock": GATEWAY,
    "sharing.account.restore": GATEWAY,
    "sharing.account.renew": GATEWAY,
    "sharing.account.adjust": GATEWAY,
    "sharing.account.adjust_new": GATEWAY,
    "sharing.account.revoke": GATEWAY,
    "sharing.account.give_up": GATEWAY,
    "sharing.account.expire": GATEWAY,
    "sharing.request.suspend": OUTSIDE,
    "sharing.request.resume": OUTSIDE,
    "sharing.request.terminate": OUTSIDE,
    "sharing.account.end_with_agreement": GATEWAY,
    "sharing.account.take_over": GATEWAY,
    "sharing.account.end_with_service": GATEWAY,
    "sharing.account.end_with_agency": GATEWAY,
    "sharing.account.amended": GATEWAY,
    "warehouse.load.commit": ("nganam.lgsp.tasks.push_change", *MODELS),
    "warehouse.load.keep": MODELS,
    "warehouse.load.fail": MODELS,
    "warehouse.erasure.done": ERASED,
    "services.upstream.edited": GATEWAY,
    "lgsp.credential.revoked": GATEWAY,
    "lgsp.certificate.revoked": GATEWAY,
    "lgsp.snapshot.rolled_back": GATEWAY,
    "lgsp.snapshot.released": GATEWAY,
}
