"""Links from local actions to a catalogue of recommendations, or the finding that none fits.

A reference by number decides first, then the recommendation's own words, then similarity of words,
ideas and meaning. Logistic regressions, learned on authored pairs (``models/linking``), turn similarity
into the probabilities that an entry asks the same and that it is at least related.
"""

from nlpkit.analysis.linking.counterparts import COUNTERPART_COLUMNS, link_actions
from nlpkit.analysis.linking.pairs import PAIR_FEATURES, Goal
from nlpkit.analysis.linking.rows import Definitions, defined, text_columns
from nlpkit.analysis.linking.table import (
    LINK_COLUMNS,
    link,
    link_rows,
    links_column,
    ready,
    table_features,
)

__all__ = [
    "COUNTERPART_COLUMNS",
    "LINK_COLUMNS",
    "PAIR_FEATURES",
    "Definitions",
    "Goal",
    "defined",
    "link",
    "link_actions",
    "link_rows",
    "links_column",
    "ready",
    "table_features",
    "text_columns",
]
