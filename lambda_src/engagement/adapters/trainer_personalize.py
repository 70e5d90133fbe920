"""Training by the same driver as `kit train` (package ``personalize``, in the zip beside ours), one turn at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Any

from engagement.adapters.aws_client import aws_client
from engagement.errors import TooManyRequests, Unavailable
from engagement.ports import LastTrained, TrainingTurn
from personalize.config import DEFAULT_DECLARATION, DeclarationError
from personalize.driver import AWS, DriverError, Options, Training, Turn, last_trained, training
from personalize.driver.errors import Throttled


class PersonalizeTrainer:
    """ports.Trainer. ``variables`` of the declaration beside bucket, role and prefix, as a JSON object."""

    def __init__(
        self, *, bucket: str, role_arn: str, prefix: str, variables: str, shortest_wait: float, clients: Any = None
    ) -> None:
        self._variables = {**json.loads(variables), "bucket": bucket, "role_arn": role_arn, "prefix": prefix}
        self._poll = replace(AWS, shortest=shortest_wait)
        self._given = clients

    @cached_property
    def _clients(self) -> Any:
        return self._given or {
            "personalize": aws_client("personalize", read_timeout=30),
            "s3": aws_client("s3", read_timeout=60),
        }

    def _training(self, options: Options) -> Training:
        return training(DEFAULT_DECLARATION, self._clients, self._variables, options=options, poll_seconds=self._poll)

    def last_trained(self) -> list[LastTrained]:
        """A declaration that is wrong, or an account that refuses, is told by the turn that follows."""
        try:
            found = last_trained(self._training(Options()))
        except Throttled as error:
            raise TooManyRequests(str(error)) from error
        except (DeclarationError, DriverError):
            return []
        return [LastTrained(one.solution, one.group, one.at) for one in found]

    def turn(self, since: datetime, retrain: Sequence[str]) -> TrainingTurn:
        options = Options(retrain=frozenset(retrain), since=since)
        try:
            return _told(self._training(options).turn())
        except Throttled as error:
            raise TooManyRequests(str(error)) from error
        except (DeclarationError, DriverError) as error:
            return TrainingTurn(finished=True, failed=True, messages=(str(error),))
        except OSError as error:
            raise Unavailable(f"the training could not look: {type(error).__name__}") from error


def _told(turn: Turn) -> TrainingTurn:
    return TrainingTurn(
        finished=turn.finished,
        failed=turn.failed,
        refused=turn.refused,
        wait_seconds=math.ceil(turn.wait_seconds),
        made=turn.made,
        results=tuple(turn.batches.values()),
        messages=tuple(f"{name}: {message}" for name, message in turn.messages.items()),
    )
