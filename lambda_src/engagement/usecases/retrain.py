"""One turn of a retraining; the state machine waits between turns and calls again until it is over.

What was trained is found in Personalize by name, what serves is in the table: a turn that is repeated, or a second
execution, finds the work done. Two executions at the same time: the second one ends at once. An execution that is
stopped holds up nobody for long: between two turns its lease lasts little longer than the wait that it asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from engagement.domain.batch_results import ResultFile, is_result, provider_of
from engagement.domain.refusal import hidden
from engagement.errors import BadRequest
from engagement.ports import TrainingTurn
from engagement.usecases.whole_generation import loaded_of

Json = dict[str, Any]
LEASE = "retraining"
# A turn may take as long as its function may (600 s). Between turns: the wait, a cold start, a slow state machine.
LEASE_SECONDS, LEASE_BETWEEN_TURNS_SECONDS = 660, 30
RENEW_WITHIN_SECONDS = 30 * 86400
LOADING_WAIT_SECONDS, LOADING_PATIENCE_SECONDS = 15, 3600
TRAINED, UNCHANGED, REFUSED = "TRAINED", "UNCHANGED", "REFUSED"
FAILED, ALREADY_RUNNING = "FAILED", "ALREADY_RUNNING"


def retrain_turn(app: Any, execution: str, started: datetime, state: Mapping[str, Any]) -> Json:
    """Answers the next ``state``: {"finished", "wait_seconds"} and, at the end, {"outcome", "subject", "message"}.

    ``state`` is the last answer, or what the execution was started with: {"retrain": names of solutions, or ["all"]}.
    Raises BadRequest for another input, and retryable errors: then the same turn may be taken again.
    """
    retrain = state.get("retrain", [])
    if not isinstance(retrain, list) or not all(isinstance(name, str) for name in retrain):
        raise BadRequest('"retrain" must be a list of solutions\' keys, such as ["all"]')
    now = app.clock.now()
    holder = app.leases.take(LEASE, execution, now, LEASE_SECONDS)
    if holder:
        who = holder.rsplit(":", 1)[-1]
        words = f"{who} is at work already. If it was stopped: start again in two minutes"
        return _over(ALREADY_RUNNING, "is not started twice", words)
    first = "finished" not in state
    news = _news(app) if first else state.get("news", {})
    retrain = [*retrain, *(solution for solution in news if solution not in retrain)]
    turn = app.trainer.turn(started, retrain)
    kept = {name: state[name] for name in ("asked", "loading_since") if name in state}
    kept |= {"retrain": retrain, **({"news": news} if news else {})}
    if not turn.finished:
        return _come_back(app, execution, kept, max(1, int(turn.wait_seconds)))
    if turn.failed:
        app.leases.release(LEASE, execution)
        return _over(FAILED, "failed", _shown(turn.messages))
    missing = [uri for uri in turn.results if not _serves(app, uri, now)]
    if missing:
        return _await_loading(app, execution, kept, missing, now)
    _renew(app, turn.results, now)
    app.leases.release(LEASE, execution)
    return _done(turn, news)


def _news(app: Any) -> dict[str, int]:
    """Solutions that have enough new interactions (opens, clicks) to be trained again although no file changed."""
    least = int(app.settings.least_new_events)
    if not least:
        return {}
    since = {one.solution: app.feedback_log.since(one.group, one.at) for one in app.trainer.last_trained()}
    return {solution: count for solution, count in since.items() if count >= least}


def _serves(app: Any, uri: str, now: datetime) -> bool:
    """Do these results serve, or can they from now on because all of their files are loaded?"""
    file = _results_in(uri)
    served = app.batch_results.served(file.provider)
    if served and served.current == file.generation:
        return True
    loaded = loaded_of(app, file, *_folder(uri))
    if loaded is None or loaded.missing or not loaded.users:
        return False
    return bool(app.batch_results.serve(file, int(now.timestamp() * 1000), anyway=True))


def _renew(app: Any, results: Sequence[str], now: datetime) -> None:
    """Results that serve although nothing new comes must not go away: load them again before their time is over."""
    for uri in results:
        until = app.batch_results.kept_until(_results_in(uri))
        if until is None or until < now.timestamp() + RENEW_WITHIN_SECONDS:
            _ask_to_load(app, uri, now, again=True)


def _results_in(uri: str) -> ResultFile:
    provider, _, job = provider_of(uri).rpartition("/")
    return ResultFile(provider, job)


def _folder(uri: str) -> tuple[str, str]:
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return bucket, prefix


def _await_loading(app: Any, execution: str, state: Json, missing: list[str], now: datetime) -> Json:
    """S3 has told the loader of the files; it is asked once more, once, in case that was before it existed."""
    since = datetime.fromisoformat(state.get("loading_since") or now.isoformat())
    if (now - since).total_seconds() > LOADING_PATIENCE_SECONDS:
        app.leases.release(LEASE, execution)
        return _over(
            FAILED,
            "failed",
            f"results were not loaded within {LOADING_PATIENCE_SECONDS // 60} minutes: {', '.join(missing)}\n"
            "  What to do: look at the dead letters of the queue batch-results and at the log of load-batch-results",
        )
    if not state.get("asked"):
        for uri in missing:
            _ask_to_load(app, uri, now)
    waiting = {**state, "asked": True, "loading_since": since.isoformat()}
    return _come_back(app, execution, waiting, LOADING_WAIT_SECONDS)


def _come_back(app: Any, execution: str, state: Json, seconds: int) -> Json:
    """The state for the next turn in ``seconds``; should it never come, another execution may soon begin."""
    app.leases.take(LEASE, execution, app.clock.now(), seconds + LEASE_BETWEEN_TURNS_SECONDS)
    return {**state, "finished": False, "wait_seconds": seconds}


def _ask_to_load(app: Any, uri: str, now: datetime, *, again: bool = False) -> None:
    bucket, prefix = _folder(uri)
    at = int(now.timestamp() * 1000)
    found = app.files.list(prefix, bucket=bucket)
    about = {"bucket": bucket, "at": at, **({"again": True} if again else {})}
    files = [{**about, "key": one.key, "etag": one.etag} for one in found if is_result(one.key)]
    if files:
        app.batch_results_queue.send(files, delay_seconds=LOADING_WAIT_SECONDS)


def _done(turn: TrainingTurn, news: Mapping[str, int]) -> Json:
    made = "\n".join(turn.made) or "nothing"
    if news:
        made += "\n\nWhat was new: " + ", ".join(f"{count:,} opens and clicks for {one}" for one, count in news.items())
    if turn.refused:
        words = _shown(turn.messages) or "the new version is worse than the one in use"
        return _over(REFUSED, "trained a version that is worse and not used", f"{words}\n\nMade:\n{made}")
    if not turn.made:
        return _over(UNCHANGED, "had nothing to do", "data and results are as they were")
    results = "\n".join(turn.results) or "none"
    return _over(TRAINED, "is done", f"Made:\n{made}\n\nResults that serve:\n{results}")


def _shown(messages: Sequence[str]) -> str:
    """Messages quote what stands in files, so addresses in them are made unreadable."""
    return "\n".join(hidden(line) for message in messages for line in message.splitlines())


def _over(outcome: str, subject: str, message: str) -> Json:
    """``subject`` within SNS's 100 characters, ``message`` far below its 256 KB."""
    return {"finished": True, "outcome": outcome, "subject": f"Retraining {subject}", "message": message[:50_000]}
