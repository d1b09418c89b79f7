"""Parquet files scored file by file, by the workers that read and write them.

No row passes through the process that gives the orders: what it holds is how many rows each file has, the
names of documents, and the acronyms that they define.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from nlpkit.embedding import Encoder
from nlpkit.engines import Engine, Part, Pieces, packed, unpacked
from nlpkit.engines.on_dask import DaskEngine
from nlpkit.errors import InputError
from nlpkit.files import file_bytes, write_table
from nlpkit.judging import Progress, silent
from nlpkit.partitions import Orders, finished_parts, judgements
from nlpkit.reading.gathering import gather
from nlpkit.schema import SCORE_COLUMNS
from nlpkit.scoring import make_tools, whole
from nlpkit.tables import read_own_table

__all__ = ["score_folder"]


def score_folder(
    inputs: Sequence[str | Path],
    out: str | Path,
    *,
    service: str = "",
    as_of: str = "",
    catalogue: str | Path | None = "spotlight",
    encoder: Encoder | None = None,
    status_model: str | Path | None = None,
    scheduler: str = "",
    workers: int = 0,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Score Parquet files on a Dask cluster, each into a Parquet file of its own.

    All of them together are one table: repeats are looked for across files. Workers on other machines must
    see the files and the folder under the same names.

    Args:
        inputs: files, and folders of files, all Parquet.
        out: a new or empty folder; its files are ``part-00000.parquet`` and so on, as the inputs come.
        service, as_of: as :func:`nlpkit.intake.read`.
        catalogue, encoder, status_model, scheduler, workers, progress: as :func:`nlpkit.scoring.score`.

    Returns:
        One row a file: ``source``, ``file``, ``updates`` (how many were scored) and ``set_aside`` (a list of
        records with the reason).

    Raises:
        InputError: an input is no Parquet file or has no rows, a ``row_id`` is used twice, or the folder
            cannot be written.
        NlpkitError: as :func:`nlpkit.scoring.score`.
    """
    told = progress or silent
    items = gather(inputs).items
    for item in items:
        if item.load is not None or Path(item.shown).suffix.lower() != ".parquet":
            raise InputError(
                "is no Parquet file, and only those are scored file by file",
                source=item.shown,
                remedy="Name a file for the output (--out FILE), or leave this input out.",
            )
    folder = Path(out).resolve()
    _make(folder, out)
    _, distant = make_tools(catalogue, status_model, encoder)
    with DaskEngine(scheduler, workers) as engine:
        read = [
            engine.run(read_part, str(Path(item.shown).resolve()), item.source, service, as_of)
            for item in items
        ]
        engine.wait(read, lambda done: told("reading files", done, len(read)))
        aside = [unpacked(engine.take(engine.pick(one, "aside"))["rows"]) for one in read]
        tables = [engine.pick(one, "table") for one in read]
        sizes = [int(engine.take(engine.run(len, table))) for table in tables]
        _check_ids(engine, tables, [item.shown for item in items])
        names = [folder / f"part-{n:05d}.parquet" for n in range(len(items))]
        finished = finished_parts(tables, sizes, Orders(distant), engine, told=told)
        written = [
            engine.run(write_part, table, one, str(name))
            for table, one, name in zip(tables, finished, names, strict=True)
        ]
        engine.wait(written, lambda done: told("writing files", done, len(written)))
    return pd.DataFrame(
        {
            "source": [item.source for item in items],
            "file": [str(name) for name in names],
            "updates": sizes,
            "set_aside": pd.Series(aside, dtype="object"),
        }
    )


def _make(folder: Path, shown: str | Path) -> None:
    try:
        folder.mkdir(exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(
                "is not empty",
                source=shown,
                remedy="Name a new folder, so that no old file is taken for new.",
            )
    except OSError as error:
        told = f"cannot be made a folder for the parts ({error.strerror or error})"
        raise InputError(told, source=shown, remedy="Choose another place.") from None


def read_part(path: str, source: str, service: str, as_of: str) -> Pieces:
    """The updates in a file (``table``), and what is set aside (``aside``)."""
    reading = read_own_table(path, source, raw=file_bytes(path), service=service, as_of=as_of)
    table = reading.updates.drop(columns=[name for name in SCORE_COLUMNS if name in reading.updates.columns])
    if table.empty:
        raise InputError("no row of it can be used", source=path, remedy="Leave the file out.")
    pieces: Any = Pieces({"aside": {"rows": packed(reading.set_aside.astype(str).to_dict("records"))}})
    pieces["table"] = table
    return pieces  # type: ignore[no-any-return]


def write_part(table: pd.DataFrame, finished: Part, path: str) -> int:
    """Write a file with its judgements; how many rows it has."""
    write_table(whole(table, judgements(finished).set_index(table.index)), path)
    return len(table)


def id_part(table: pd.DataFrame, number: int) -> Pieces:
    """The row ids of a file as hashes, in pieces by their hash."""
    keys = np.array(
        [
            int.from_bytes(blake2b(one.encode("utf8", "surrogatepass"), digest_size=8).digest(), "big")
            for one in table["row_id"]
        ],
        dtype=np.uint64,
    )
    return Pieces({n: {"key": keys[keys % np.uint64(number) == n]} for n in range(number)})


def twice_part(parts: Sequence[Part]) -> Part:
    """Which of some hashes stand in two files: the places of the files, in pairs."""
    keys = np.concatenate([part["key"] for part in parts])
    owner = np.repeat(np.arange(len(parts)), [len(part["key"]) for part in parts])
    order = np.argsort(keys, kind="stable")
    same = np.flatnonzero(keys[order][1:] == keys[order][:-1])[:1]
    return {"first": owner[order][same], "second": owner[order][same + 1]}


def _check_ids(engine: Engine, tables: Sequence[Any], names: Sequence[str]) -> None:
    number = max(1, len(tables) // 8)
    ids = [engine.run(id_part, table, number) for table in tables]
    found = [engine.run(twice_part, [engine.pick(one, n) for one in ids]) for n in range(number)]
    for one in found:
        twice = engine.take(one)
        if len(twice["first"]):
            raise InputError(
                f"has a row_id that also stands in {names[int(twice['first'][0])]}",
                source=names[int(twice["second"][0])],
                column="row_id",
                remedy="Give every row its own row_id, or leave out the file that repeats the other.",
            )
