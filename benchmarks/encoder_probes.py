"""Make ``models/encoder``: texts, and the reference encoder's vectors of them.

    python benchmarks/encoder_probes.py

The texts are every so-manieth update of the corpus, whole and as sentences, and some odd ones; the
accelerated encoder is held against them on each machine before it is used.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from nlpkit.embedding.minilm import MiniLM
from nlpkit.language.sentences import split_sentences
from nlpkit.models import file_sha256

PROJECT = Path(__file__).resolve().parents[1]
WHOLE, SENTENCES = 90, 90
ODD = (
    "",
    "?",
    "Done",
    "See 5 above – “as before” … 50% of £1.5m (naïve café, Ω, 日本, 🚒)",
    " ".join(["The crews checked the pump and wrote it down."] * 30),
    " ".join(f"Item {i} was reviewed by the board in 20{i % 30:02d}." for i in range(60)),
)


def main() -> None:
    """Write the texts and their vectors."""
    paths = sorted((PROJECT / "corpora" / "updates" / "services").glob("*.jsonl"))
    rows = [json.loads(line) for path in paths for line in path.read_text(encoding="utf8").splitlines()]
    updates = list(dict.fromkeys(row["update"] for row in rows if row["update"].strip()))
    sentences = [text[a:b] for text in updates[1::7] for a, b in split_sentences(text)]
    chosen = updates[:: len(updates) // WHOLE][:WHOLE] + sentences[:: len(sentences) // SENTENCES][:SENTENCES]
    texts = list(dict.fromkeys([*chosen, *ODD]))
    folder = PROJECT / "models" / "encoder"
    folder.mkdir(exist_ok=True)
    np.save(folder / "probes.npy", MiniLM().encode(texts), allow_pickle=False)
    facts = {
        "about": "Texts, and in probes.npy the reference encoder's vectors of them (see README.md).",
        "encoder": MiniLM.name,
        "sha256": file_sha256(folder / "probes.npy"),
        "texts": texts,
    }
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (folder / "probes.json").write_text(f"{text}\n", encoding="utf8")


if __name__ == "__main__":
    main()
