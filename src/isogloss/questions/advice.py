"""What each word of trust tells a reader to do."""

ADVICE = {
    "solid": "the interval is narrow and held when languages like it were withheld",
    "fair": "good enough to compare with, not to decide alone",
    "shaky": "act on the interval, not on the number in it",
    "guess": "test before you act on a number",
}
"""From the best word to the gravest."""
