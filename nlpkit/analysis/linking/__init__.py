"""Links from local actions to a catalogue of recommendations, or the finding that none fits.

A reference by number decides first, then the recommendation's own words, then similarity of words,
ideas and meaning. Logistic regressions, learned on authored pairs (``models/linking``), turn similarity
into the probabilities that an entry asks the same and that it is at least related.
"""

from nlpkit.analysis.linking.counterparts import COUNTERPART_COLUMNS, link_actions
from nlpkit.analysis.linking.pairs import PAIR_FEATURES
from nlpkit.analysis.linking.table import LINK_COLUMNS, link, links_column, table_features

__all__ = [
    "COUNTERPART_COLUMNS",
    "LINK_COLUMNS",
    "PAIR_FEATURES",
    "link",
    "link_actions",
    "links_column",
    "table_features",
]
