from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from isogloss.charts.placement import Box, place_labels

FRAME = Box(0, 0, 600, 300)
DOTS = st.lists(st.tuples(st.floats(0, 600), st.floats(0, 300)), max_size=8)


def test_a_lone_label_stands_to_the_right_of_its_dot():
    (label,) = place_labels([(100, 100)], [50], 14, FRAME)
    assert (label.x, label.y) == (110, 100)


def test_a_label_at_the_right_edge_stands_to_the_left():
    (label,) = place_labels([(590, 100)], [50], 14, FRAME)
    assert label.box.right == 580


def test_labels_of_a_crowd_do_not_cover_each_other_or_the_dots():
    crowd = [(300 + 6 * k, 150 + 5 * (k % 3)) for k in range(8)]
    labels = place_labels(crowd, [60] * len(crowd), 14, FRAME)
    assert not any(one.box.overlaps(other.box) for one, other in combinations(labels, 2))
    assert not any(label.box.holds(*dot) for label in labels for dot in crowd)


@given(dots=DOTS)
def test_labels_never_leave_the_frame(dots):
    for label in place_labels(dots, [70] * len(dots), 14, FRAME):
        if label is not None:
            assert FRAME.left <= label.box.left < label.box.right <= FRAME.right
            assert FRAME.top <= label.box.top < label.box.bottom <= FRAME.bottom


@given(dots=DOTS)
def test_the_same_dots_give_the_same_places(dots):
    assert place_labels(dots, [70] * len(dots), 14, FRAME) == place_labels(dots, [70] * len(dots), 14, FRAME)
