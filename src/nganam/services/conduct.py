"""How the machines of the room are conducted: who the parties are, what is asked, which deed is behind each move."""

from collections.abc import Callable
from typing import Any

from nganam.cases import parties
from nganam.services import appraising, forms, operations, policies, queries, revising, writing
from nganam.services.workflow import REVISION, SERVICE


def _appraisal(word: str) -> dict[str, Callable[..., object]]:
    """Return the moves of an appraisal, called with the case under ``word``."""

    def adapted(deed: Callable[..., object]) -> Callable[..., object]:
        def call(**inputs: Any) -> object:
            return deed(case=inputs.pop(word), **inputs)

        return call

    deeds: dict[str, Callable[..., object]] = {
        "submit": appraising.submit,
        "appraise": appraising.start_appraisal,
        "scan": appraising.scan_again,
        "assess": appraising.assess,
        "pass": appraising.pass_appraisal,
        "return": appraising.return_for_completion,
    }
    return {name: adapted(deed) for name, deed in deeds.items()}


parties.declare(
    SERVICE,
    parties=policies.SERVICE_PARTIES,
    guards=policies.SERVICE_GUARDS,
    find=queries.get_service_for,
    listing=queries.services_for,
    word="service",
    moves={
        **_appraisal("service"),
        "deploy": operations.deploy_service,
        "start_test": operations.start_test,
        "mark_ready": operations.mark_ready,
        "fail_test": operations.fail_test,
        "send_back": operations.send_back,
        "publish": operations.publish_service,
        "list_nationally": operations.list_nationally,
        "end": operations.end_service,
        "abandon": operations.abandon_service,
    },
    forms=forms.SERVICE_FORMS,
    opening=writing.OPENING,
    editing=writing.EDITING,
    moved_with=queries.versions_that_move,
)
parties.declare(
    REVISION,
    parties=policies.REVISION_PARTIES,
    guards=policies.REVISION_GUARDS,
    find=queries.get_revision_for,
    listing=queries.revisions_for,
    word="revision",
    moves={
        **_appraisal("revision"),
        "apply": revising.apply_revision,
        "announce": revising.announce_revision,
        "take_effect": revising.bring_into_force,
        "abandon": revising.abandon_revision,
    },
    forms=forms.REVISION_FORMS,
    opening=writing.REVISION_OPENING,
    editing=writing.REVISION_EDITING,
    moved_with=queries.service_of_version,
)
