"""Links from local actions to a catalogue of recommendations, or the finding that none fits.

A reference by number decides first, then the recommendation's own words, then similarity of words,
ideas and meaning. Logistic regressions, learned on authored pairs (``models/linking``), turn similarity
into the probabilities that an entry asks the same and that it is at least related. Where a document goes
through the catalogue in order, its rows are then judged with their neighbours.
"""

from nlpkit.analysis.linking.counterparts import (
    COUNTERPART_COLUMNS,
    actions_catalogue,
    counterparts,
    link_actions,
    ready_actions,
)
from nlpkit.analysis.linking.order import NOTHING, Own
from nlpkit.analysis.linking.pairs import PAIR_FEATURES, Goal
from nlpkit.analysis.linking.parts import vectors
from nlpkit.analysis.linking.rows import Definitions, defined, rows_of, text_columns
from nlpkit.analysis.linking.table import (
    LINK_COLUMNS,
    RowsRead,
    link,
    link_rows,
    links_column,
    links_in_order,
    own_links,
    own_links_of,
    read_rows,
    ready,
    table_features,
)

__all__ = [
    "COUNTERPART_COLUMNS",
    "LINK_COLUMNS",
    "NOTHING",
    "PAIR_FEATURES",
    "Definitions",
    "Goal",
    "Own",
    "RowsRead",
    "actions_catalogue",
    "counterparts",
    "defined",
    "link",
    "link_actions",
    "link_rows",
    "links_column",
    "links_in_order",
    "own_links",
    "own_links_of",
    "read_rows",
    "ready",
    "ready_actions",
    "rows_of",
    "table_features",
    "text_columns",
    "vectors",
]
