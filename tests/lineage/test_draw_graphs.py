"""Properties of any graph, also of those deeper than ours are yet: both questions agree, and the picture tells it."""

from hypothesis import given
from hypothesis import strategies as st

from nganam.lineage.drawing import HIGH, MOST_ROWS, draw
from nganam.lineage.graph import Field, Graph, Link, Node

NAMES = ("a", "b", "c")


@st.composite
def graphs(draw_from):
    """Any graph without circles: links go from a lower number to a higher one."""
    count = draw_from(st.integers(1, 14))
    nodes = {
        f"table:{at}": Node(f"table:{at}", "table", str(at), f"Bảng {at}", fields=tuple(map(Field, NAMES)))
        for at in range(count)
    }
    pairs = st.frozensets(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=4)
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda one: one[0] < one[1])
    chosen = draw_from(st.lists(ends, max_size=20, unique=True)) if count > 1 else []
    links = [Link(f"table:{one}", f"table:{other}", draw_from(pairs), draw_from(pairs)) for one, other in chosen]
    return Graph(nodes, tuple(links))


@given(graphs())
def test_what_is_below_one_has_it_above_for_nodes_and_fields(graph):
    for one in graph.nodes:
        for other in graph.nodes:
            assert (other in graph.downstream(one)) == (one in graph.upstream(other))
            for start in NAMES:
                below = graph.points_below((one, start))
                for end in NAMES:
                    assert ((other, end) in below) == ((one, start) in graph.points_above((other, end)))


@given(graphs())
def test_the_part_around_a_field_holds_what_concerns_it_and_nothing_else(graph):
    for name in graph.nodes:
        part = graph.around_field((name, "a"))
        points = {(name, "a")} | graph.points_above((name, "a")) | graph.points_below((name, "a"))
        assert {(node.id, field.name) for node in part.nodes.values() for field in node.fields} == points
        assert part.points_below((name, "a")) == graph.points_below((name, "a"))
        assert part.points_above((name, "a")) == graph.points_above((name, "a"))


@given(graphs())
def test_a_picture_has_every_node_once_and_every_line_goes_right(graph):
    picture = draw(graph, "table:0")
    drawn = [one.node.id for one in picture.boxes if one.node]
    left = sum(int(one.title.removeprefix("+ ")) for one in picture.boxes if one.node is None)
    assert len(drawn) == len(set(drawn))
    assert len(drawn) + left == len(graph.nodes)
    columns = {}
    for box in picture.boxes:
        columns.setdefault(box.x, []).append(box.y)
    for ys in columns.values():
        assert len(ys) <= MOST_ROWS
        assert all(low - high >= HIGH for high, low in zip(sorted(ys), sorted(ys)[1:], strict=False))
    place = {one.node.id: one.x for one in picture.boxes if one.node}
    assert all(place[one.upper] < place[one.lower] for one in graph.links if {one.upper, one.lower} <= place.keys())
    assert all(0 <= one.x < picture.width and 0 <= one.y < picture.height for one in picture.boxes)
