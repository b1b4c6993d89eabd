"""How the machine of focal points is conducted."""

from nganam.agencies import forms, operations, policies, queries
from nganam.agencies.workflow import FOCAL_POINT
from nganam.cases import parties

parties.declare(
    FOCAL_POINT,
    parties=policies.PARTIES,
    find=queries.get_focal_point_for,
    listing=queries.focal_points_for,
    word="point",
    moves=operations.MOVES,
    forms=forms.STEP_FORMS,
    moved_with=queries.points_in_force_beside,
)
