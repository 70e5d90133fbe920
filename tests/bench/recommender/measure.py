"""The local recommender beside its peers: training time, memory, batch speed, and NDCG@10 on the same split.

Runs in ``.venv-local``. Quality is measured from outside: what users did last is held out before anything is trained,
ours included (it holds out more of the rest to choose by). Peers get the best of several settings, picked by the
result itself, which favours them.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender
from threadpoolctl import threadpool_limits

from personalize.models.evaluation import Examination, Holdout, gains, hold_out, ndcg, ranked
from personalize.models.interactions import Interactions
from personalize.models.item_weights import regression, together, usage
from personalize.models.model import Model, Task, train
from personalize.models.personal import REPEATS_MATTER, repeat_share
from personalize.models.scorers import ItemToItem, SameForAll, popularity
from tests.bench.recommender.taste_data import CLUSTERS, DRIFT, HUNDRED_THOUSAND, ONE_MILLION, REPEATING_DRIFT

REPO = Path(__file__).parents[3]
RUNS = 3
MEGABYTES_ALLOWED = 2_048
USERS_PER_SECOND = 5_000
DATA = {
    "taste clusters": CLUSTERS, "drift": DRIFT, "drift, items used again": REPEATING_DRIFT,
    "100k (943 x 1,682)": HUNDRED_THOUSAND, "1M (6,040 x 3,700)": ONE_MILLION,
}  # fmt: skip
Row = dict[str, Any]


def measure() -> list[Row]:
    """All rows of this measurement."""
    warnings.simplefilter("ignore")
    large = ONE_MILLION.make()
    rows = [_training_time(large), _memory(), *_batch_speed(large)]
    for name, data in DATA.items():
        rows += _quality(name, data.make())
    return rows


def _row(name: str, unit: str, ours: float, peer: float, peer_name: str, target: str | None, runs: int = 1) -> Row:
    return {
        "name": name, "unit": unit, "ours": ours, "peer": peer, "peer_name": peer_name,
        "ratio": ours / peer if peer else None, "target": target, "runs": runs,
    }  # fmt: skip


def _training_time(large: Interactions) -> Row:
    """Ours includes choosing, judging and calibrating; the peer is one bare fit with its defaults."""
    matrix = large.histories().weights(None)

    def fit_als() -> None:
        # As implicit itself advises: its own threads, one BLAS thread.
        with threadpool_limits(1, "blas"):
            AlternatingLeastSquares(random_state=1).fit(matrix, show_progress=False)

    pairs = [(_seconds(lambda: train(Task.PERSONAL, large)), _seconds(fit_als)) for _ in range(RUNS)]
    ours, peer = (median(values) for values in zip(*pairs, strict=True))
    return _row("recommender: training of 1M interactions", "s", ours, peer, "implicit ALS fit", "<=1.5", RUNS)


def _memory() -> Row:
    """Peak of a fresh process that makes the data and trains with it."""
    code = (
        "import resource;from tests.bench.recommender.taste_data import ONE_MILLION;"
        "from personalize.models.model import Task,train;train(Task.PERSONAL,ONE_MILLION.make());"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1024)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPO, stdout=subprocess.PIPE, text=True, check=True)
    return _row("recommender: peak memory, 1M", "MB", float(done.stdout), MEGABYTES_ALLOWED, "allowed", "<=1.0")


def _batch_speed(large: Interactions) -> list[Row]:
    """Lists of 25 for every user, written as the batch file has them."""
    model = train(Task.PERSONAL, large)
    matrix = large.histories().weights(None)
    als = AlternatingLeastSquares(random_state=1)
    als.fit(matrix, show_progress=False)
    users = np.arange(len(large.user_ids))
    ours = len(users) / min(_seconds(lambda: _write_batch(model)) for _ in range(RUNS))
    peer = len(users) / min(_seconds(lambda: als.recommend(users, matrix, N=25)) for _ in range(RUNS))
    name = "recommender: batch answers, 1M"
    return [
        _row(name, "users/s", ours, USERS_PER_SECOND, "demanded", ">=1.0", RUNS),
        _row(name + ", beside a peer that writes nothing", "users/s", ours, peer, "implicit ALS", None, RUNS),
    ]


def _write_batch(model: Model) -> int:
    answers = model.recommend_many(model.user_ids, 25)
    return sum(len(json.dumps({"items": a.items, "scores": a.shares})) for a in answers)


def _quality(name: str, interactions: Interactions) -> list[Row]:
    holdout = hold_out(interactions)
    returning = repeat_share(holdout.judging) >= REPEATS_MATTER
    model = train(Task.PERSONAL, holdout.training)
    ours = _ndcg(_lists_of_model(model, holdout, interactions), holdout.judging)
    peers = {
        "popularity": _of_popularity, "EASE, best of 3": _of_ease, "implicit ALS, best of 2": _of_als,
        "implicit BM25": _of_bm25,
    }  # fmt: skip
    rows = []
    for peer_name, measure_peer in peers.items():
        value = measure_peer(holdout, interactions, returning)
        target = ">=1.5" if peer_name == "popularity" else None
        rows.append(_row(f"recommender: NDCG@10, {name}", "", ours, value, peer_name, target))
    return rows


def _judged_users(holdout: Holdout, interactions: Interactions) -> np.ndarray:
    """The users of ``judging``, as rows of the interactions: those in every second place of the sorted test users."""
    able = np.flatnonzero(interactions.histories().lengths() > holdout.training.histories().lengths())
    return able[1::2] if len(holdout.judging.before) < len(able) else able


def _lists_of_model(model: Model, holdout: Holdout, interactions: Interactions) -> np.ndarray:
    users = [interactions.user_ids[row] for row in _judged_users(holdout, interactions)]
    rows = {item: row for row, item in enumerate(interactions.item_ids)}
    return np.array([[rows[item] for item in answer.items] for answer in model.recommend_many(users, 25)])


def _of_popularity(holdout: Holdout, interactions: Interactions, returning: bool) -> float:
    scorer = SameForAll(popularity(holdout.training), bury_used=not returning)
    return _ndcg(ranked(scorer, holdout.judging.before), holdout.judging)


def _of_ease(holdout: Holdout, interactions: Interactions, returning: bool) -> float:
    gram, share = together(usage(holdout.training)), popularity(holdout.training)
    own = 0.0 if returning else None
    scorers = [ItemToItem(regression(gram, ridge), share, None, own) for ridge in (2.0, 6.0, 20.0)]
    return max(_ndcg(ranked(scorer, holdout.judging.before), holdout.judging) for scorer in scorers)


def _of_als(holdout: Holdout, interactions: Interactions, returning: bool) -> float:
    models = [AlternatingLeastSquares(factors=factors, random_state=1) for factors in (32, 64)]
    return max(_of_implicit(model, holdout, interactions, returning) for model in models)


def _of_bm25(holdout: Holdout, interactions: Interactions, returning: bool) -> float:
    return _of_implicit(BM25Recommender(K=100), holdout, interactions, returning)


def _of_implicit(model: Any, holdout: Holdout, interactions: Interactions, returning: bool) -> float:
    matrix, users = holdout.training.histories().weights(None), _judged_users(holdout, interactions)
    with threadpool_limits(1, "blas"):
        model.fit(matrix, show_progress=False)
        lists, _ = model.recommend(users, matrix[users], N=25, filter_already_liked_items=not returning)
    return _ndcg(np.maximum(lists, 0), holdout.judging)


def _ndcg(lists: np.ndarray, examination: Examination) -> float:
    return float(ndcg(*gains(lists, examination.after), cut=10).mean())


def _seconds(action: Callable[[], Any]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
