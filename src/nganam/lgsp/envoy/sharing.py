"""How the nodes share the limits: each takes from its buckets as many tokens for a call as there are live nodes.

Envoy counts them as the members of a cluster that is never called, in a file of its own beside the published ones: a
node that dies or comes back changes nobody's buckets, and the fields that tell a limit tell that of all nodes together.
"""

from collections.abc import Iterable

from nganam.lgsp.envoy.shapes import Json, from_file, resources, typed

CLUSTER = "nodes"
FILE = "eds_nodes.json"
ASSIGNMENT = "envoy.config.endpoint.v3.ClusterLoadAssignment"


def bootstrap() -> Json:
    """Return the part of the bootstrap that names the cluster of the nodes; Envoy wants it to be known from the start.

    Envoy would prefer nearer servers where it knows its own cluster and zone; here nobody has a zone.
    """
    cluster = {"name": CLUSTER, "type": "EDS", "eds_cluster_config": {"eds_config": from_file(FILE)}}
    return {"cluster_manager": {"local_cluster_name": CLUSTER}, "static_resources": {"clusters": [cluster]}}


def as_static() -> Json:
    """Return the cluster for a check that reads no other file."""
    return {"name": CLUSTER, "type": "STATIC", "load_assignment": {"cluster_name": CLUSTER}}


def members(names: Iterable[str]) -> Json:
    """Return the file with the live nodes. An address is only what makes a member one of its own."""
    ends = [{"endpoint": {"address": {"pipe": {"path": f"./{name}"}}}} for name in names]
    return resources(typed(ASSIGNMENT, cluster_name=CLUSTER, endpoints=[{"lb_endpoints": ends}]))
