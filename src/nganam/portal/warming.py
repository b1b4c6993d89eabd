"""Work done ahead of the first reader of a release."""

from nganam.opendata import queries
from nganam.portal import charts, history, maps
from nganam.warehouse import queries as warehouse


def warm(code: str) -> int:
    """Work out what the page of a dataset's newest release keeps; returns how many views were prepared."""
    dataset = queries.published().filter(code=code).first()
    if dataset is None:
        return 0
    releases = list(queries.releases(dataset)[:2])
    newest = releases[0]
    newest.dataset = dataset
    made = [warehouse.profile_of(newest.version), maps.map_of(newest), charts.chart(newest), history.steps(releases)]
    return sum(bool(one) for one in made)
