"""Runs in DynamoDB, in the deliveries table.

::

    pk run#<run id>                    sk 0#plan            plan, state, hold, dates
                                       sk 0#progress#<nn>   counters, spread over PROGRESS_ITEMS items
                                       sk page#<page key>   a committed page of the audience
                                       sk batch#<batch key> a counted batch
    pk campaign#<app>/<campaign>       sk <run id>          which runs a campaign has

A counter and the marker that says "counted" are written in one transaction. Counters are spread because two
transactions on one item at the same time cancel each other. All pages of one shard count on the same item: so whoever
sees the shard as done also sees all of its batches, and ``Run.is_done`` is never true too early.
"""

from __future__ import annotations

import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from engagement.adapters.aws_client import aws_client, call, translated
from engagement.adapters.backoff import pause_seconds
from engagement.domain.application import timestamp
from engagement.domain.run import PENDING, RUNNING, AudiencePage, Plan, Run
from engagement.errors import Unavailable
from engagement.ports import Json

PROGRESS_ITEMS = 16
KEEP_MARKERS_DAYS = 90
ATTEMPTS = 8
FIRST_PAUSE_SECONDS = 0.03
PLAN = {"S": "0#plan"}
COUNTED = "c:"


class DynamoRuns:
    def __init__(
        self,
        *,
        table: str,
        client: Any = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._table, self._given, self._sleep, self._now = table, client, sleep, now

    @cached_property
    def _client(self) -> Any:
        return self._given or aws_client("dynamodb")

    def create(self, plan: Plan) -> bool:
        item = {**_run_key(plan.run_id, PLAN), "state": {"S": PENDING}, "plan": {"S": plan.to_json()}}
        pointer = {"pk": {"S": f"campaign#{plan.app_id}/{plan.campaign_id}"}, "sk": {"S": plan.run_id}}
        return self._transact([self._put_new(item), {"Put": {"TableName": self._table, "Item": pointer}}])

    def get(self, run_id: str) -> Run | None:
        items = self._query(f"run#{run_id}", "0#")
        head = next((item for item in items if item["sk"] == PLAN), None)
        if head is None:
            return None
        sums: Counter[str] = Counter()
        for item in items:
            sums.update({name: int(value["N"]) for name, value in item.items() if "N" in value})
        texts = {name: head[name]["S"] for name in ("hold", "reason", "started", "ended") if name in head}
        return Run(
            plan=_plan(head["plan"]["S"]),
            state=head["state"]["S"],
            counters={name[len(COUNTED) :]: count for name, count in sums.items() if name.startswith(COUNTED)},
            shards_done=sums["shards_done"],
            batches_made=sums["batches_made"],
            batches_done=sums["batches_done"],
            **texts,
        )

    def of_campaign(self, app_id: str, campaign_id: str) -> list[Run]:
        pointers = self._query(f"campaign#{app_id}/{campaign_id}", "")
        runs = [run for run in (self.get(item["sk"]["S"]) for item in pointers) if run is not None]
        return sorted(runs, key=lambda run: (run.plan.scheduled_start, run.plan.run_id), reverse=True)

    def start(self, plan: Plan, now: datetime) -> bool:
        return self._update(
            plan.run_id,
            "SET #state = :running, #plan = :plan, started = :now",
            "#state = :pending",
            names={"#state": "state", "#plan": "plan"},
            values={":running": RUNNING, ":pending": PENDING, ":plan": plan.to_json(), ":now": timestamp(now)},
        )

    def hold(self, run_id: str, hold: str | None) -> None:
        if hold is None:
            self._update(run_id, "REMOVE #hold", "attribute_exists(pk)", names={"#hold": "hold"}, values={})
        else:
            self._update(
                run_id, "SET #hold = :hold", "attribute_exists(pk)", names={"#hold": "hold"}, values={":hold": hold}
            )

    def page(self, run_id: str, page_key: str) -> AudiencePage | None:
        item = self._get(run_id, f"page#{page_key}")
        return _page(item) if item else None

    def commit_page(self, run_id: str, page: AudiencePage) -> AudiencePage:
        shard = page.key.partition("#")[0]
        added = {
            **{COUNTED + name: count for name, count in page.counters.items()},
            "batches_made": page.batches_made,
            "shards_done": int(page.next_after is None),
        }
        marker = {**_run_key(run_id, {"S": f"page#{page.key}"}), "page": {"S": json.dumps(vars(page))}}
        if self._count(run_id, marker, shard, added):
            return page
        winner = self.page(run_id, page.key)
        if winner is None:
            raise Unavailable(f"page {page.key} of run {run_id} is neither ours nor anybody's")
        return winner

    def commit_batch(self, run_id: str, batch_key: str, counters: Mapping[str, int]) -> bool:
        added = {**{COUNTED + name: count for name, count in counters.items()}, "batches_done": 1}
        return self._count(run_id, _run_key(run_id, {"S": f"batch#{batch_key}"}), batch_key, added)

    def is_counted(self, run_id: str, batch_key: str) -> bool:
        return self._get(run_id, f"batch#{batch_key}") is not None

    def finish(self, run_id: str, state: str, now: datetime) -> bool:
        return self._update(
            run_id,
            "SET #state = :ended, ended = :now",
            "#state = :running",
            names={"#state": "state"},
            values={":ended": state, ":running": RUNNING, ":now": timestamp(now)},
        )

    def abandon(self, run_id: str, state: str, reason: str, now: datetime) -> bool:
        return self._update(
            run_id,
            "SET #state = :state, reason = :reason, ended = :now",
            "#state IN (:pending, :running)",
            names={"#state": "state"},
            values={
                ":state": state, ":reason": reason, ":pending": PENDING, ":running": RUNNING, ":now": timestamp(now),
            },
        )  # fmt: skip

    def _count(self, run_id: str, marker: Json, spread_by: str, added: Mapping[str, int]) -> bool:
        """Write a marker and add numbers in one transaction; False when the marker was there."""
        number = zlib.crc32(spread_by.encode()) % PROGRESS_ITEMS
        added = {name: count for name, count in added.items() if count}
        names = {f"#{index}": name for index, name in enumerate(added)}
        update = {
            "TableName": self._table,
            "Key": _run_key(run_id, {"S": f"0#progress#{number:02d}"}),
            "UpdateExpression": "ADD " + ", ".join(f"#{index} :{index}" for index in range(len(added))),
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": {f":{index}": {"N": str(n)} for index, n in enumerate(added.values())},
        }
        expires = {"expires": {"N": str(int(self._now()) + KEEP_MARKERS_DAYS * 86400)}}
        writes = [self._put_new({**marker, **expires})]
        return self._transact([*writes, {"Update": update}] if added else writes)

    def _put_new(self, item: Json) -> Json:
        return {"Put": {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}}

    def _transact(self, writes: list[Json]) -> bool:
        """False when the first write's condition failed; a clash with another transaction is tried again."""
        for attempt in range(ATTEMPTS):
            if attempt:
                self._sleep(pause_seconds(FIRST_PAUSE_SECONDS, attempt, least=0.3))
            try:
                self._client.transact_write_items(TransactItems=writes)
                return True
            except (BotoCoreError, ClientError) as error:
                if not isinstance(error, ClientError) or _code(error) != "TransactionCanceledException":
                    raise translated(error, "DynamoDB TransactWriteItems") from error
                codes = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])}
                if "ConditionalCheckFailed" in codes:
                    return False
        raise Unavailable("a run's counters could not be written: others keep writing them")

    def _update(self, run_id: str, update: str, condition: str, *, names: Json, values: Mapping[str, str]) -> bool:
        request: Json = {
            "TableName": self._table,
            "Key": _run_key(run_id, PLAN),
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": names,
        }
        if values:
            request["ExpressionAttributeValues"] = {name: {"S": value} for name, value in values.items()}
        try:
            self._client.update_item(**request)
        except (BotoCoreError, ClientError) as error:
            if isinstance(error, ClientError) and _code(error) == "ConditionalCheckFailedException":
                return False
            raise translated(error, "DynamoDB UpdateItem") from error
        return True

    def _get(self, run_id: str, sort_key: str) -> Json | None:
        key = _run_key(run_id, {"S": sort_key})
        answer = call(self._client, "DynamoDB", "get_item", TableName=self._table, Key=key, ConsistentRead=True)
        return answer.get("Item")

    def _query(self, partition: str, prefix: str) -> list[Json]:
        request: Json = {
            "TableName": self._table,
            "ConsistentRead": True,
            "KeyConditionExpression": "pk = :pk" + (" AND begins_with(sk, :sk)" if prefix else ""),
            "ExpressionAttributeValues": {":pk": {"S": partition}, **({":sk": {"S": prefix}} if prefix else {})},
        }
        items: list[Json] = []
        while True:
            answer = call(self._client, "DynamoDB", "query", **request)
            items += answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return items
            request["ExclusiveStartKey"] = answer["LastEvaluatedKey"]


def _run_key(run_id: str, sort_key: Json) -> Json:
    return {"pk": {"S": f"run#{run_id}"}, "sk": sort_key}


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _page(item: Json) -> AudiencePage:
    return AudiencePage(**json.loads(item["page"]["S"]))


@lru_cache(maxsize=64)
def _plan(text: str) -> Plan:
    return Plan.from_json(text)
